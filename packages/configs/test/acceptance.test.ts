import type { Acceptance, ParameterInfo } from '@fewbit/core';
import { expect, test } from 'vitest';
import {
  int4WeightOnly,
  int4WeightOnlyConfig,
  int8DynamicActivationIntxWeight,
  int8WeightOnly,
  intxWeightOnly,
  perGroup,
  perTensor,
} from '../src/index.ts';
import { weightOf } from './helpers/golden.ts';

function refused(acceptance: Acceptance): Exclude<Acceptance, { verdict: 'quantize' }> {
  if (acceptance.verdict === 'quantize') throw new Error('it was accepted');
  return acceptance;
}

test('an int4 weight that is left alone comes without advice', () => {
  const acceptance = refused(int4WeightOnly({ groupSize: 128 }).accept(weightOf({ dtype: 'BF16', shape: [64, 96] })));
  expect(acceptance).toEqual({
    verdict: 'leave',
    reason: 'its last dimension of 96 does not divide into groups of 128',
    hint: 'A group size of 32 divides it.',
  });
});

test('an odd dimension gets a group size that does not divide it', () => {
  const acceptance = refused(
    int8WeightOnly({ granularity: perGroup(32) }).accept(weightOf({ dtype: 'BF16', shape: [64, 77] })),
  );
  expect(acceptance.verdict).toBe('error');
  expect(acceptance.hint).toContain('No power of two divides it');
});

test('an embedding is given to a config for which torchao wants a bias', () => {
  const embedding: ParameterInfo = { ...weightOf({ dtype: 'BF16', shape: [64, 64] }), kind: 'embedding' };
  const acceptance = refused(int8DynamicActivationIntxWeight().accept(embedding));
  expect(acceptance.hint).toBe('IntxWeightOnlyConfig quantizes embeddings.');
  expect(intxWeightOnly().accept(embedding).verdict).toBe('quantize');
});

test('HQQ of a plain int4 weight is not refused', () => {
  const config = int4WeightOnlyConfig.parse(
    { int4_choose_qparams_algorithm: 'hqq', group_size: 32 },
    { version: 2, where: '' },
  );
  expect(refused(config.accept(weightOf({ dtype: 'BF16', shape: [64, 64] }))).reason).toContain('TILE_PACKED_TO_4D');
});

test('blocks of one element reach torchao, where they fail', () => {
  const weight = weightOf({ dtype: 'BF16', shape: [8, 1] });
  expect(refused(int8WeightOnly().accept(weight)).reason).toContain('would hold a single element');
  expect(int8WeightOnly({ granularity: perTensor() }).accept(weight).verdict).toBe('quantize');
  expect(int8WeightOnly().accept(weightOf({ dtype: 'BF16', shape: [1, 1] })).verdict).toBe('quantize');
});

test('a quantizer is made for a weight that was not accepted', () => {
  expect(() => int8WeightOnly().quantizer(weightOf({ dtype: 'F64', shape: [4, 4] }))).toThrow(
    /m\.weight: .*its dtype is F64/,
  );
});
