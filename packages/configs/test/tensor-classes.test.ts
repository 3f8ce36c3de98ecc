import { FewbitError, type JsonObject, type TensorClass, type TensorInfo } from '@fewbit/core';
import { describe, expect, test } from 'vitest';
import {
  int4Tensor,
  int4WeightOnly,
  int8Tensor,
  int8WeightOnly,
  intxUnpackedToInt8Tensor,
  intxWeightOnly,
  perGroup,
} from '../src/index.ts';
import { weightOf } from './helpers/golden.ts';

interface Stored {
  readonly attributes: JsonObject;
  readonly components: ReadonlyMap<string, TensorInfo>;
}

/** What a config of ours stores, as a loader finds it. */
function storedBy(config: ReturnType<typeof int8WeightOnly>, shape: readonly number[]): Stored {
  const { attributes, components } = config.quantizer(weightOf({ dtype: 'BF16', shape }));
  return { attributes, components: new Map(components.map((component) => [component.name, component])) };
}

function changed(
  { attributes, components }: Stored,
  change: JsonObject,
  swap: Record<string, Partial<TensorInfo> | null>,
): Stored {
  const swapped = new Map(components);
  for (const [name, part] of Object.entries(swap)) {
    const before = swapped.get(name) ?? { name, dtype: 'F32', shape: [1] };
    if (part === null) swapped.delete(name);
    else swapped.set(name, { ...before, ...part });
  }
  const kept = Object.entries({ ...attributes, ...change }).filter(([, value]) => value !== 'removed');
  return { attributes: Object.fromEntries(kept), components: swapped };
}

function refusal(tensorClass: TensorClass, stored: Stored): string {
  try {
    tensorClass.open({ name: 'm.weight', ...stored });
  } catch (error) {
    if (FewbitError.isInstance(error)) return `${error.code} ${error.message}`;
    throw error;
  }
  throw new Error('it was opened');
}

const int8 = storedBy(int8WeightOnly(), [4, 8]);
const intx = storedBy(intxWeightOnly({ weightDtype: 'int4', granularity: perGroup(4) }), [4, 8]);
const int4 = storedBy(int4WeightOnly({ groupSize: 4 }), [6, 8]);

type Case = readonly [string, TensorClass, Stored, JsonObject, Record<string, Partial<TensorInfo> | null>, string];

describe('a broken tensor is opened:', () => {
  const INVALID = 'FEWBIT_CHECKPOINT_INVALID m.weight: ';
  const cases: readonly Case[] = [
    ['int8 without codes', int8Tensor, int8, {}, { qdata: null }, 'the component "qdata" is missing'],
    ['int8 with an unknown component', int8Tensor, int8, {}, { other: {} }, 'the component "other" is unknown'],
    ['int8 with an unknown attribute', int8Tensor, int8, { layout: 1 }, {}, 'the attribute "layout" is unknown'],
    ['int8 without dtype', int8Tensor, int8, { dtype: 'removed' }, {}, 'the attribute "dtype" is missing'],
    [
      'int8 of a dtype that is none',
      int8Tensor,
      int8,
      { dtype: { _type: 'torch.dtype', _data: '__proto__' } },
      {},
      '"dtype" names no dtype',
    ],
    ['int8 with unsigned codes', int8Tensor, int8, {}, { qdata: { dtype: 'U8' } }, '"qdata" has dtype U8'],
    ['int8 with integer scales', int8Tensor, int8, {}, { scale: { dtype: 'I32' } }, '"scale" has dtype I32'],
    [
      'int8 with scales for other blocks',
      int8Tensor,
      int8,
      { block_size: [1, 4] },
      {},
      '"scale" has 4 elements; expected 8',
    ],
    ['int8 with blocks that do not divide', int8Tensor, int8, { block_size: [3, 8] }, {}, 'block_size does not divide'],
    ['int8 with a block size of zero', int8Tensor, int8, { block_size: [0, 8] }, {}, 'no extent'],
    ['int8 with a text for a block size', int8Tensor, int8, { block_size: '1, 8' }, {}, 'is no list'],
    [
      'int8 with zero points missing',
      int8Tensor,
      int8,
      {},
      { zero_point: { shape: [1] } },
      '"zero_point" has 1 elements',
    ],
    [
      'intx with scales of another shape',
      intxUnpackedToInt8Tensor,
      intx,
      {},
      { scale: { shape: [8, 1] } },
      '"scale" has shape [8, 1]; expected [4, 2]',
    ],
    [
      'intx without zero points',
      intxUnpackedToInt8Tensor,
      intx,
      {},
      { zero_point: null },
      'the component "zero_point" is missing',
    ],
    [
      'intx of nine bits',
      intxUnpackedToInt8Tensor,
      intx,
      { target_dtype: { _type: 'torch.dtype', _data: 'int9' } },
      {},
      'no intx dtype',
    ],
    [
      'intx of rank 3 blocks',
      intxUnpackedToInt8Tensor,
      intx,
      { block_size: [1, 1, 4] },
      {},
      'block_size does not divide',
    ],
    [
      'int4 with half the codes',
      int4Tensor,
      int4,
      {},
      { qdata: { shape: [6, 2] } },
      '"qdata" has shape [6, 2]; expected [6, 4]',
    ],
    ['int4 with scales that are not transposed', int4Tensor, int4, {}, { scale: { shape: [6, 2] } }, 'expected [2, 6]'],
    ['int4 with groups of rows', int4Tensor, int4, { block_size: [2, 4] }, {}, 'makes no groups'],
    ['int4 of rank 1', int4Tensor, int4, { shape: [48] }, {}, 'rank 1'],
  ];
  test.each(cases)('%s', (_, tensorClass, stored, attributes, components, message) => {
    const seen = refusal(tensorClass, changed(stored, attributes, components));
    expect(seen).toContain(INVALID);
    expect(seen).toContain(message);
  });
});

describe('a tensor that cannot be read back here gives wrong values:', () => {
  const cases: readonly Case[] = [
    ['AWQ', int8Tensor, int8, {}, { act_pre_scale: { shape: [8] } }, 'act_pre_scale'],
    ['int4 AWQ', int4Tensor, int4, {}, { act_pre_scale: { shape: [8] } }, 'act_pre_scale'],
    ['Stretched', intxUnpackedToInt8Tensor, intx, {}, { zero_point: { dtype: 'BF16' } }, 'zero points are floats'],
    [
      'blocks of two dimensions',
      int8Tensor,
      int8,
      { block_size: [2, 4] },
      { scale: { shape: [2, 2] }, zero_point: { shape: [2, 2] } },
      'more than one dimension',
    ],
  ];
  test.each(cases)('%s', (_, tensorClass, stored, attributes, components, message) => {
    const seen = refusal(tensorClass, changed(stored, attributes, components));
    expect(seen).toContain('FEWBIT_CHECKPOINT_UNSUPPORTED');
    expect(seen).toContain(message);
  });
});

test('an int8 tensor of another writer, without zero points, cannot be opened', () => {
  const tensor = int8Tensor.open({
    name: 'm.weight',
    ...changed(int8, { reduce_range: 'removed' }, { zero_point: null }),
  });
  expect(tensor.reads(0, 8).map(({ component }) => component)).toEqual(['qdata', 'scale']);
});

test('a static int8 tensor cannot be opened', () => {
  const stored = changed(int8, {}, { act_quant_scale: { shape: [1, 1] } });
  expect(int8Tensor.open({ name: 'm.weight', ...stored }).dtype).toBe('BF16');
});
