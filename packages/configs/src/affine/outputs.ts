import {
  blockGrid,
  blockViewOf,
  bytesPerElement,
  elementCount,
  UnsupportedConfigError,
  type AffineResult,
  type BlockView,
  type ComponentSpec,
  type ComponentWrite,
  type FloatDtype,
} from '@fewbit/core';
import { shownShape, type BlockedWeight } from '../granularity/blocks.ts';

/** The three components of an integer affine tensor, in the order in which a tensor class lists them. */
export type AffineOrder = readonly ['zero_point', 'qdata', 'scale'] | readonly ['qdata', 'scale', 'zero_point'];

/** Where the results of an affine quantization go. */
export interface AffineOutputs {
  readonly view: BlockView;
  readonly elements: number;
  readonly components: readonly [ComponentSpec, ...ComponentSpec[]];
  /** The writes of a range that starts at element `start`; codes only, or with the statistics of its blocks. */
  readonly writes: (result: AffineResult, start: number, statistics: boolean) => readonly ComponentWrite[];
}

/** Lays out qdata (I8, the weight's shape), scale and zero point (one for each block) of a weight. */
export function affineOutputs(weight: BlockedWeight, scaleDtype: FloatDtype, order: AffineOrder): AffineOutputs {
  const { shape, blockSize } = weight;
  const view = blockViewOf(shape, blockSize);
  if (view === null) {
    throw new UnsupportedConfigError({
      message: `blocks of ${shownShape(blockSize)} on a weight of ${shownShape(shape)}`,
    });
  }
  const grid = blockGrid(shape, blockSize);
  const specOf = (name: AffineOrder[number]): ComponentSpec => {
    switch (name) {
      case 'qdata':
        return { name, dtype: 'I8', shape };
      case 'scale':
        return { name, dtype: scaleDtype, shape: grid };
      case 'zero_point':
        return { name, dtype: 'I8', shape: grid };
    }
  };
  const [first, ...others] = order;
  const at = (name: AffineOrder[number]): number => order.findIndex((listed) => listed === name);
  return {
    view,
    elements: elementCount(shape),
    components: [specOf(first), ...others.map(specOf)],
    writes: ({ qdata, scale, zeroPoint }, start, statistics) => {
      const codes = { component: at('qdata'), offset: start, bytes: bytesOf(qdata) };
      if (!statistics) return [codes];
      const block = Math.floor(start / (view.length * view.inner)) * view.inner;
      return [
        codes,
        { component: at('scale'), offset: block * bytesPerElement(scaleDtype), bytes: scale },
        { component: at('zero_point'), offset: block, bytes: bytesOf(zeroPoint) },
      ];
    },
  };
}

function bytesOf(values: Int8Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
