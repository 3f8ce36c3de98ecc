import {
  FewbitError,
  type ActivationQuantization,
  type FloatDtype,
  type JsonObject,
  type JsonValue,
  type StoredLinear,
  type TensorClass,
  type TensorInfo,
} from '@fewbit/core';
import fc from 'fast-check';
import { assert, describe, expect, test } from 'vitest';
import {
  int4Tensor,
  int4WeightOnly,
  int8DynamicActivationInt8WeightConfig,
  int8DynamicActivationIntxWeightConfig,
  int8Tensor,
  int8WeightOnly,
  intxUnpackedToInt8Tensor,
  intxWeightOnly,
} from '../../src/index.ts';
import { weightOf } from '../helpers/golden.ts';

type Quantizing = Pick<ReturnType<typeof int8WeightOnly>, 'quantizer'>;

/** How the layer of a [4, 64] weight runs that a config stored, with attributes and components changed. */
function linearOf(
  tensorClass: TensorClass,
  config: Quantizing,
  attributes: JsonObject = {},
  extra: readonly TensorInfo[] = [],
): StoredLinear {
  const quantizer = config.quantizer(weightOf({ dtype: 'BF16', shape: [4, 64] }));
  const { linear } = tensorClass.open({
    name: 'm.weight',
    attributes: { ...quantizer.attributes, ...attributes },
    components: new Map([...quantizer.components, ...extra].map((component) => [component.name, component])),
  });
  assert(linear);
  return linear;
}

function refusalOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (FewbitError.isInstance(error)) return `${error.code} ${error.message}`;
    throw error;
  }
  throw new Error('it was not refused');
}

const at = { version: 2, where: 'config' };
const dynamicInt8 = (fields: JsonObject): Quantizing => int8DynamicActivationInt8WeightConfig.parse(fields, at);

const ROWS: ActivationQuantization = {
  ...{ mapping: 'SYMMETRIC', qmin: -128, qmax: 127, eps: 2 ** -23, scaleDtype: 'F32', granularity: 'row' },
};

describe('activations of an int8 layer are quantized in another way than the config says:', () => {
  test.each<[string, JsonObject, ActivationQuantization]>([
    ['by default', {}, ROWS],
    ['asymmetric', { act_mapping_type: 'ASYMMETRIC' }, { ...ROWS, mapping: 'ASYMMETRIC' }],
    ['of half the range', { reduce_range: true }, { ...ROWS, qmin: -64, qmax: 63 }],
    ['whole tensors', { granularity: 'PerTensor' }, { ...ROWS, granularity: 'tensor' }],
    ['whole tensors, rows of weights', { granularity: ['PerTensor', 'PerRow'] }, { ...ROWS, granularity: 'tensor' }],
    ['rows, whole tensors of weights', { granularity: ['PerRow', 'PerTensor'] }, ROWS],
  ])('%s', (_, fields, expected) => {
    for (const dtype of ['F32', 'BF16', 'F16'] as const) {
      expect(linearOf(int8Tensor, dynamicInt8(fields)).activations(dtype)).toEqual(expected);
    }
  });
});

test.each<[string, TensorClass, Quantizing]>([
  ['int8', int8Tensor, int8WeightOnly()],
  ['intx', intxUnpackedToInt8Tensor, intxWeightOnly()],
  ['int4', int4Tensor, int4WeightOnly({ groupSize: 32 })],
])('activations of a layer whose weight alone is %s are quantized', (_, tensorClass, config) => {
  expect(linearOf(tensorClass, config).activations('BF16')).toBeNull();
});

test.each<[FloatDtype, number]>([
  ['F32', 2 ** -126],
  ['BF16', 2 ** -126],
  ['F16', 2 ** -14],
])('activations of an intx layer in %s are not quantized token by token in that dtype', (dtype, eps) => {
  const { activations } = linearOf(intxUnpackedToInt8Tensor, int8DynamicActivationIntxWeightConfig.parse({}, at));
  expect(activations(dtype)).toEqual({ ...ROWS, mapping: 'ASYMMETRIC', eps, scaleDtype: dtype });
});

describe('activations run otherwise than torchao runs them:', () => {
  const scale: TensorInfo = { name: 'act_quant_scale', dtype: 'F32', shape: [1, 1] };
  const float8 = { activation_dtype: { _type: 'torch.dtype', _data: 'float8_e4m3fn' } };
  test.each<[string, TensorClass, Quantizing, JsonObject, readonly TensorInfo[], string]>([
    ['a static scale', int8Tensor, dynamicInt8({}), {}, [scale], 'static scale'],
    ['a static scale without kwargs', int8Tensor, int8WeightOnly(), {}, [scale], 'static scale'],
    ['int4 under float8', int4Tensor, int4WeightOnly({ groupSize: 32 }), float8, [], '"float8_e4m3fn"'],
  ])('%s', (_, tensorClass, config, attributes, extra, message) => {
    const linear = linearOf(tensorClass, config, attributes, extra);
    const refusal = refusalOf(() => linear.activations('F32'));
    expect(refusal).toContain('FEWBIT_CHECKPOINT_UNSUPPORTED m.weight: ');
    expect(refusal).toContain(message);
  });

  test.each<[string, TensorClass, Quantizing]>([
    ['int8', int8Tensor, int8WeightOnly()],
    ['int4', int4Tensor, int4WeightOnly({ groupSize: 32 })],
  ])('%s with an act_pre_scale', (_, tensorClass, config) => {
    const before: TensorInfo = { name: 'act_pre_scale', dtype: 'BF16', shape: [64] };
    expect(refusalOf(() => linearOf(tensorClass, config, {}, [before]))).toContain('FEWBIT_CHECKPOINT_UNSUPPORTED');
  });
});

const kwargs = (data: JsonValue): JsonObject => ({
  act_quant_kwargs: { _type: 'QuantizeTensorToInt8Kwargs', _data: data },
});
const SYMMETRIC = { _type: 'MappingType', _data: 'SYMMETRIC' };
const PER_ROW = { _type: 'PerRow', _data: { dim: -1 } };

describe('kwargs that torchao would refuse are taken:', () => {
  test.each<[string, JsonObject]>([
    ['a text', { act_quant_kwargs: 'PerRow' }],
    ['a list', { act_quant_kwargs: [] }],
    ['kwargs of another class', { act_quant_kwargs: { _type: 'QuantizeTensorToFloat8Kwargs', _data: {} } }],
    ['no mapping type', kwargs({ granularity: PER_ROW })],
    [
      'an unknown mapping type',
      kwargs({ granularity: PER_ROW, mapping_type: { _type: 'MappingType', _data: '__proto__' } }),
    ],
    ['no granularity', kwargs({ mapping_type: SYMMETRIC })],
    ['groups', kwargs({ mapping_type: SYMMETRIC, granularity: { _type: 'PerGroup', _data: { group_size: 32 } } })],
    ['columns', kwargs({ mapping_type: SYMMETRIC, granularity: { _type: 'PerRow', _data: { dim: 0 } } })],
    ['rows that are a text', kwargs({ mapping_type: SYMMETRIC, granularity: { _type: 'PerRow', _data: '-1' } })],
  ])('%s', (_, attributes) => {
    const linear = linearOf(int8Tensor, int8WeightOnly(), attributes);
    expect(refusalOf(() => linear.activations('F32'))).toContain('FEWBIT_CHECKPOINT_INVALID m.weight: ');
  });

  test('whatever else: an answer is one that a backend takes, an error is typed', () => {
    const member = fc.constantFrom<JsonValue>(SYMMETRIC, PER_ROW, 'SYMMETRIC', 'PerTensor', true, null, -1);
    const known = fc.dictionary(fc.constantFrom('granularity', 'mapping_type', 'reduce_range', '__proto__'), member);
    const any = fc.jsonValue().map((value) => value as JsonValue);
    const cases = fc.oneof(
      known.map(kwargs),
      any.map(kwargs),
      any.map((value) => ({ act_quant_kwargs: value })),
    );
    fc.assert(
      fc.property(cases, (attributes) => {
        const linear = linearOf(int8Tensor, int8WeightOnly(), attributes);
        try {
          const activations = linear.activations('F32');
          if (activations === null) expect(attributes.act_quant_kwargs).toBeNull();
          else expect(activations).toMatchObject({ mapping: 'SYMMETRIC', granularity: 'row', eps: 2 ** -23 });
        } catch (error) {
          if (!FewbitError.isInstance(error)) throw error;
          expect(error.code).toBe('FEWBIT_CHECKPOINT_INVALID');
        }
      }),
    );
  });
});
