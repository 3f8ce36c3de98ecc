import { readFileSync } from 'node:fs';
import { isJsonObject, type JsonObject } from '@fewbit/core';
import { describe, expect, test } from 'vitest';
import { llamaConfig } from '../config.ts';

const shipped: unknown = JSON.parse(readFileSync(new URL('../../model/config.json', import.meta.url), 'utf8'));
const written: JsonObject = isJsonObject(shipped) ? shipped : {};
const older = without(written, 'rope_parameters');

function without(object: JsonObject, ...names: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([name]) => !names.includes(name)));
}

describe('a model is refused that runs, or runs otherwise than its config says:', () => {
  test('the one that is shipped', () => {
    expect(llamaConfig(written)).toEqual({
      ...{ vocabulary: 256, hidden: 256, layers: 3, heads: 8, keyValueHeads: 4, headDim: 32, context: 256 },
      ...{ epsilon: 1e-5, ropeTheta: 10_000 },
    });
  });

  test('as transformers 4 writes it', () => {
    expect(llamaConfig({ ...older, rope_theta: 500_000, rope_scaling: null }).ropeTheta).toBe(500_000);
  });

  test('without what has a default', () => {
    expect(llamaConfig(without(older, 'head_dim', 'num_key_value_heads'))).toMatchObject({
      headDim: 32,
      keyValueHeads: 8,
      ropeTheta: 10_000,
    });
  });
});

describe('a model runs that this forward pass computes wrongly:', () => {
  test.each<[string, JsonObject | null, string]>([
    ['no config', null, 'model_type is undefined'],
    ['another family', { ...written, model_type: 'gemma' }, 'model_type is "gemma"; this example runs "llama" only'],
    ['another activation', { ...written, hidden_act: 'gelu' }, 'hidden_act is "gelu"'],
    [
      'scaled positions',
      { ...written, rope_parameters: { rope_type: 'llama3', rope_theta: 1 } },
      'rope_type is "llama3"',
    ],
    ['scaled positions, as of old', { ...older, rope_scaling: { type: 'linear', factor: 2 } }, 'rope_scaling is'],
    ['heads that do not share evenly', { ...written, num_key_value_heads: 3 }, 'the remainder'],
    ['a text for a size', { ...written, hidden_size: '256' }, '"hidden_size" is "256"; expected a number above 0'],
    ['no context', { ...written, max_position_embeddings: 0 }, '"max_position_embeddings" is 0'],
  ])('%s', (_name, config, message) => {
    expect(() => llamaConfig(config)).toThrow(message);
  });
});
