import { describe, expect, test } from 'vitest';
import {
  createReferenceBackend,
  elementwiseTensorClass,
  readLinear,
  readValues,
  toFloat32,
  type ActivationQuantization,
  type LogicalTensor,
  type ReadLinearRequest,
  type TensorClass,
} from '../../src/index.ts';
import { memoryCheckpoint, quantizedTensor } from '../helpers/memory-checkpoint.ts';

const backend = createReferenceBackend();

/** A user's class that says nothing of linear layers: bytes that stand for halves. */
const halves = elementwiseTensorClass({
  name: 'HalvesTensor',
  stored: 'U8',
  encode: (weights) => Uint8Array.from(weights, (weight) => weight * 2),
  decode: (bytes) => Float32Array.from(bytes, (byte) => byte / 2),
});

const PER_ROW: ActivationQuantization = {
  ...{ mapping: 'SYMMETRIC', qmin: -128, qmax: 127, eps: 2 ** -23, scaleDtype: 'F32', granularity: 'row' },
};

/** A class whose layers run in codes of one scale. */
const codes: TensorClass = {
  name: 'CodesTensor',
  open: ({ components }) => {
    const [outFeatures = 0, inFeatures = 0] = components.get('qdata')?.shape ?? [];
    return {
      dtype: 'BF16',
      shape: [outFeatures, inFeatures],
      unit: 1,
      reads: () => [],
      dequantize: () => Promise.reject(new Error('a layer that runs in codes was dequantized')),
      linear: {
        activations: (dtype) => ({ ...PER_ROW, scaleDtype: dtype }),
        weight: (bytes) => ({
          ...{ kind: 'affine', outFeatures, inFeatures, bits: 8, scaleDtype: 'F32', zeroPoint: null },
          view: { outer: 1, length: outFeatures * inFeatures, inner: 1 },
          qdata: Int8Array.from(bytes.get('qdata') ?? []),
          scale: bytes.get('scale') ?? new Uint8Array(0),
        }),
      },
    };
  },
};

function request(weight: LogicalTensor, from: Pick<ReadLinearRequest, 'sources'>): ReadLinearRequest {
  const tensorClasses = new Map(
    [halves, codes].map((tensorClass): [string, TensorClass] => [tensorClass.name, tensorClass]),
  );
  return { ...from, weight, bias: null, tensorClasses, backend: backend.quantizing, dtype: 'BF16' };
}

async function run(read: ReadLinearRequest, x: readonly number[]): Promise<readonly number[]> {
  const layer = await backend.inference?.loadLinear(await readLinear(read));
  return [...((await layer?.forward(Float32Array.from(x))) ?? [])];
}

describe('a layer of a checkpoint computes something else:', () => {
  test.each(['F32', 'BF16', 'F16'] as const)('plain %s', async (dtype) => {
    const checkpoint = memoryCheckpoint();
    const weight = checkpoint.floats('m.weight', dtype, [2, 3], [1, 2, 3, -0.5, 0, 4]);
    const read = await readLinear(request(weight, checkpoint));
    expect(read.weight).toMatchObject({ kind: 'float', outFeatures: 2, inFeatures: 3, dtype });
    expect(read).toMatchObject({ bias: null, activations: null, dtype: 'BF16' });
    expect(await run(request(weight, checkpoint), [1, 1, 2])).toEqual([9, 7.5]);
  });

  test.each(['F32', 'BF16', 'F16'] as const)('with a bias in %s', async (dtype) => {
    const checkpoint = memoryCheckpoint();
    const weight = checkpoint.floats('m.weight', 'BF16', [2, 1], [1, 2]);
    const bias = checkpoint.floats('m.bias', dtype, [2], [10, -0.25]);
    expect(await run({ ...request(weight, checkpoint), bias }, [3])).toEqual([13, 5.75]);
  });

  test('of a class that says nothing of linear layers', async () => {
    const checkpoint = memoryCheckpoint();
    const qdata = checkpoint.plain('m.qdata', 'U8', [2, 2], Uint8Array.of(1, 2, 3, 4));
    const weight = quantizedTensor('m.weight', 'HalvesTensor', { qdata });
    const read = await readLinear(request(weight, checkpoint));
    expect(read.weight).toMatchObject({ kind: 'float', outFeatures: 2, inFeatures: 2, dtype: 'BF16' });
    expect(read.activations).toBeNull();
    expect(await run(request(weight, checkpoint), [1, 10])).toEqual([10.5, 21.5]);
  });

  test('of a class that runs in codes', async () => {
    const checkpoint = memoryCheckpoint();
    const qdata = checkpoint.plain('m.qdata', 'I8', [2, 2], Uint8Array.of(1, 2, 255, 4));
    const scale = checkpoint.floats('m.scale', 'F32', [1], [0.5]);
    const weight = quantizedTensor('m.weight', 'CodesTensor', { qdata, scale });
    const read = await readLinear(request(weight, checkpoint));
    expect(read.activations).toEqual({ ...PER_ROW, scaleDtype: 'BF16' });
    expect(await run({ ...request(weight, checkpoint), activations: null }, [1, 10])).toEqual([10.5, 19.5]);
  });
});

test('activations that the caller asks for are not those of the layer', async () => {
  const checkpoint = memoryCheckpoint();
  const weight = checkpoint.floats('m.weight', 'F32', [1, 1], [1]);
  const read = await readLinear({ ...request(weight, checkpoint), activations: PER_ROW });
  expect(read.activations).toEqual(PER_ROW);
});

describe('a tensor that is no linear weight is taken for one:', () => {
  test.each([[[4]], [[2, 2, 1]], [[]]])('of shape %j', async (shape) => {
    const checkpoint = memoryCheckpoint();
    const values = new Array<number>(shape.reduce((all, extent) => all * extent, 1)).fill(1);
    await expect(
      readLinear(request(checkpoint.floats('m.weight', 'F32', shape, values), checkpoint)),
    ).rejects.toMatchObject({
      code: 'FEWBIT_CHECKPOINT_INVALID',
      where: 'm.weight',
      allowed: '[out features, in features]',
    });
  });

  test('quantized, of rank 3', async () => {
    const checkpoint = memoryCheckpoint();
    const qdata = checkpoint.plain('m.qdata', 'U8', [1, 2, 2], Uint8Array.of(1, 2, 3, 4));
    const weight = quantizedTensor('m.weight', 'HalvesTensor', { qdata });
    await expect(readLinear(request(weight, checkpoint))).rejects.toMatchObject({ code: 'FEWBIT_CHECKPOINT_INVALID' });
  });

  test.each([
    ['I8', 'weight'],
    ['I8', 'bias'],
  ] as const)('a %s %s', async (dtype, part) => {
    const checkpoint = memoryCheckpoint();
    const whole = checkpoint.plain(`m.${part}`, dtype, [1, 1], Uint8Array.of(1));
    const read = request(checkpoint.floats('m.weight', 'F32', [1, 1], [1]), checkpoint);
    await expect(readLinear({ ...read, [part]: whole })).rejects.toMatchObject({
      code: 'FEWBIT_CHECKPOINT_UNSUPPORTED',
      where: `m.${part}`,
      allowed: 'F32, BF16 or F16',
    });
  });

  test.each(['OtherTensor', '__proto__'])('of the class %s, which the registry lacks', async (tensorClass) => {
    const checkpoint = memoryCheckpoint();
    const qdata = checkpoint.plain('m.qdata', 'U8', [1, 1], Uint8Array.of(1));
    const weight = quantizedTensor('m.weight', tensorClass, { qdata });
    await expect(readLinear(request(weight, checkpoint))).rejects.toMatchObject({
      code: 'FEWBIT_CHECKPOINT_UNSUPPORTED',
      allowed: 'HalvesTensor, CodesTensor',
    });
  });

  test('without bytes', async () => {
    const empty: LogicalTensor = { name: 'm.weight', quantized: null, components: new Map() };
    await expect(readLinear(request(empty, { sources: [] }))).rejects.toMatchObject({
      code: 'FEWBIT_CHECKPOINT_INVALID',
    });
  });
});

describe('readValues gives other values than are stored:', () => {
  test('plain', async () => {
    const checkpoint = memoryCheckpoint();
    const tensor = checkpoint.floats('m.weight', 'BF16', [3], [1, -2, 0.5]);
    const read = await readValues({ ...request(tensor, checkpoint), tensor });
    expect(read).toMatchObject({ dtype: 'BF16', shape: [3] });
    expect([...toFloat32(read.bytes, read.dtype)]).toEqual([1, -2, 0.5]);
  });

  test('quantized, of rank 3', async () => {
    const checkpoint = memoryCheckpoint();
    const qdata = checkpoint.plain('m.qdata', 'U8', [1, 2, 2], Uint8Array.of(1, 2, 3, 4));
    const tensor = quantizedTensor('m.weight', 'HalvesTensor', { qdata });
    const read = await readValues({ ...request(tensor, checkpoint), tensor });
    expect(read).toMatchObject({ dtype: 'BF16', shape: [1, 2, 2] });
    expect([...toFloat32(read.bytes, read.dtype)]).toEqual([0.5, 1, 1.5, 2]);
  });
});
