import type { ActivationQuantization, LinearLayer, LinearRequest, LinearWeight } from '@fewbit/core';
import { createWasmBackend, type ModuleVariant } from '../src/index.ts';

/** What takes turns with others in being measured. */
export interface Case {
  readonly name: string;
  /** Multiplications and additions. */
  readonly operations: number;
  /** Read from memory at least once. */
  readonly bytes: number;
  readonly run: () => unknown;
  readonly times: number[];
}

const DYNAMIC: ActivationQuantization = {
  ...{ mapping: 'SYMMETRIC', qmin: -128, qmax: 127, eps: 2 ** -23, scaleDtype: 'F32', granularity: 'row' },
};

type Shape = readonly [rows: number, columns: number, heights: readonly number[]];
type Kind = readonly [
  name: string,
  weightOf: (rows: number, columns: number) => LinearWeight,
  activations: ActivationQuantization | null,
];

const SHAPES: readonly Shape[] = [
  [2048, 2048, [1, 64]],
  // What a slice of time on a busy machine has room for.
  [256, 2048, [1, 64]],
];

const KINDS: readonly Kind[] = [
  ['int8-dynamic', int8Rows, DYNAMIC],
  ['f32', (rows, columns) => floats(rows, columns, 'F32'), null],
  ['bf16', (rows, columns) => floats(rows, columns, 'BF16'), null],
  ['f16', (rows, columns) => floats(rows, columns, 'F16'), null],
  ['int8-rows', int8Rows, null],
  ['int4-plain-g32', int4, null],
];

function int8Rows(outFeatures: number, inFeatures: number): LinearWeight {
  const scale = new Uint8Array(Float32Array.from({ length: outFeatures }, () => 0.01).buffer);
  return {
    ...{ kind: 'affine', outFeatures, inFeatures, bits: 8, scaleDtype: 'F32', zeroPoint: null, scale },
    qdata: new Int8Array(outFeatures * inFeatures).map((_, i) => Math.imul(i, 2654435761) >>> 24),
    view: { outer: outFeatures, length: inFeatures, inner: 1 },
  };
}

function floats(outFeatures: number, inFeatures: number, dtype: 'F32' | 'BF16' | 'F16'): LinearWeight {
  const values = Float32Array.from({ length: outFeatures * inFeatures }, (_, i) => (i % 251) / 256 - 0.5);
  if (dtype === 'F32') return { kind: 'float', outFeatures, inFeatures, dtype, values: new Uint8Array(values.buffer) };
  const words = Uint16Array.from(values, (_, i) => 0x3000 + (i % 251));
  return { kind: 'float', outFeatures, inFeatures, dtype, values: new Uint8Array(words.buffer) };
}

function int4(outFeatures: number, inFeatures: number): LinearWeight {
  const groups = (outFeatures * inFeatures) / 32;
  const scale = new Uint8Array(new Uint16Array(groups).fill(0x3c23).buffer);
  return {
    ...{ kind: 'int4', outFeatures, inFeatures, groupSize: 32, dtype: 'BF16', scale, zeroPoint: scale },
    packed: new Uint8Array((outFeatures * inFeatures) / 2).map((_, i) => Math.imul(i, 2654435761) >>> 24),
  };
}

function bytesOf(weight: LinearWeight): number {
  switch (weight.kind) {
    case 'float':
      return weight.values.byteLength;
    case 'affine':
      return weight.qdata.byteLength + weight.scale.byteLength;
    case 'int4':
      return weight.packed.byteLength + 2 * weight.scale.byteLength;
  }
}

/** A layer of each kind and shape run, and loaded, in one of the modules; none where the engine has it not. */
export async function layerCases(variant: ModuleVariant): Promise<readonly Case[]> {
  const backend = await createWasmBackend({ modules: [variant] });
  const inference = backend?.inference;
  if (inference == null) return [];
  const made: Case[] = [];
  for (const [kind, weightOf, activations] of KINDS) {
    for (const [rows, columns, heights] of SHAPES) {
      const weight = weightOf(rows, columns);
      const request: LinearRequest = { weight, bias: null, activations, dtype: 'F32' };
      const layer: LinearLayer = await inference.loadLinear(request);
      for (const height of heights) {
        const x = Float32Array.from({ length: height * columns }, () => Math.random() - 0.5);
        made.push({
          name: `${variant} ${kind} ${rows}x${columns} M=${height}`,
          operations: 2 * height * rows * columns,
          bytes: layer.byteLength,
          run: () => layer.forward(x),
          times: [],
        });
      }
      made.push({
        name: `${variant} ${kind} ${rows}x${columns} load`,
        ...{ operations: 0, bytes: bytesOf(weight) },
        run: () => {
          const other = inference.loadLinear(request);
          if (!(other instanceof Promise)) other.release();
        },
        times: [],
      });
    }
  }
  return made;
}
