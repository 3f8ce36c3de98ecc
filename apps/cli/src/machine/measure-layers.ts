import { int8PerToken } from '@fewbit/configs';
import { fromFloat32, type ActivationQuantization, type InferenceOperations, type LinearRequest } from '@fewbit/core';
import { medianSeconds } from './measure.ts';

/** How fast a backend runs one kind of linear layer; one thread. */
export interface MeasuredLayer {
  readonly backend: string;
  /** What the weight is, and the activations. */
  readonly layer: string;
  /** How the backend keeps the weight. */
  readonly packing: string;
  /** Rows of activations: 1 as a model writes, many as it reads. */
  readonly rows: number;
  /** A multiplication and an addition are two. */
  readonly operationsPerSecond: number;
  /** Of the packed weight. */
  readonly bytesPerSecond: number;
}

const FEATURES = 2048;
const ELEMENTS = FEATURES * FEATURES;
const GROUP = 32;
const MANY_ROWS = 64;
const SECONDS = 0.3;

/** torchao's symmetric int8 per row: Int8DynamicActivationInt8WeightConfig. */
const INT8_PER_ROW: ActivationQuantization = {
  mapping: 'SYMMETRIC',
  qmin: -128,
  qmax: 127,
  eps: 2 ** -23,
  scaleDtype: 'F32',
  granularity: 'row',
};

/** The kinds of layers that most recipes make. */
const LAYERS: readonly { readonly layer: string; readonly request: () => LinearRequest }[] = [
  {
    layer: 'int4, groups of 32; activations int8',
    request: () => affine(4, GROUP, int8PerToken('F32')),
  },
  { layer: 'int4, groups of 32', request: () => affine(4, GROUP, null) },
  { layer: 'int8, per row; activations int8', request: () => affine(8, FEATURES, INT8_PER_ROW) },
  { layer: 'int8, per row', request: () => affine(8, FEATURES, null) },
];

/** Runs a layer of each kind with one row of activations, and with many unless that takes too long. */
export async function measureLayers(backend: string, inference: InferenceOperations): Promise<MeasuredLayer[]> {
  const measured: MeasuredLayer[] = [];
  for (const { layer: name, request } of LAYERS) {
    const layer = await inference.loadLinear(request());
    const secondsOf = async (rows: number): Promise<number> => {
      const x = new Float32Array(rows * FEATURES).map((_, i) => Math.sin(i));
      const call = (): unknown => layer.forward(x);
      await medianSeconds(call, SECONDS / 3);
      return medianSeconds(call, SECONDS);
    };
    const add = (rows: number, seconds: number): void => {
      measured.push({
        ...{ backend, layer: name, packing: layer.packing, rows },
        operationsPerSecond: (2 * rows * ELEMENTS) / seconds,
        bytesPerSecond: layer.byteLength / seconds,
      });
    };
    const one = await secondsOf(1);
    add(1, one);
    if (one * MANY_ROWS < SECONDS) add(MANY_ROWS, await secondsOf(MANY_ROWS));
    layer.release();
  }
  return measured;
}

function affine(bits: number, length: number, activations: ActivationQuantization | null): LinearRequest {
  const half = 2 ** (bits - 1);
  // Consecutive multiples of an odd number: every code, in no order that a processor could learn.
  const qdata = new Int8Array(ELEMENTS).map((_, i) => ((Math.imul(i, 40503) >>> 7) % (2 * half)) - half);
  const scale = fromFloat32(new Float32Array(ELEMENTS / length).fill(1 / 256), 'BF16');
  return {
    weight: {
      ...{ kind: 'affine', outFeatures: FEATURES, inFeatures: FEATURES, bits, qdata, zeroPoint: null },
      ...{ view: { outer: ELEMENTS / length, length, inner: 1 }, scale, scaleDtype: 'BF16' },
    },
    bias: null,
    activations,
    dtype: 'F32',
  };
}
