import type { ActivationQuantization, InferenceOperations, LinearRequest, LinearWeight } from '@fewbit/core';
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

/** Layers of each kind and shape run, and loaded, in each module that the engine has: those whose names have all the words. */
export async function layerCases(words: readonly string[]): Promise<readonly Case[]> {
  const cases: Case[] = [];
  for (const variant of VARIANTS) {
    const inference = (await createWasmBackend({ modules: [variant] }))?.inference;
    if (inference == null) continue;
    for (const [kind, weightOf, activations] of KINDS) {
      for (const [rows, columns, heights] of SHAPES) {
        const name = `${variant} ${kind} ${rows}x${columns}`;
        const wanted = (last: string): boolean => words.every((word) => `${name} ${last}`.includes(word));
        const tall = heights.filter((height) => wanted(`M=${height}`));
        if (tall.length === 0 && !wanted('load')) continue;
        const request: LinearRequest = { weight: weightOf(rows, columns), bias: null, activations, dtype: 'F32' };
        const layer = await inference.loadLinear(request);
        for (const height of tall) {
          const x = Float32Array.from({ length: height * columns }, () => Math.random() - 0.5);
          cases.push({
            name: `${name} M=${height}`,
            operations: 2 * height * rows * columns,
            bytes: layer.byteLength,
            run: () => layer.forward(x),
            times: [],
          });
        }
        if (wanted('load')) cases.push(loadCase(name, inference, request));
      }
    }
  }
  return cases;
}

function loadCase(name: string, inference: InferenceOperations, request: LinearRequest): Case {
  return {
    name: `${name} load`,
    ...{ operations: 0, bytes: bytesOf(request.weight), times: [] },
    run: () => {
      const layer = inference.loadLinear(request);
      if (!(layer instanceof Promise)) layer.release();
    },
  };
}

const VARIANTS: readonly ModuleVariant[] = ['relaxed', 'plain'];
