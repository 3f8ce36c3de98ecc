import {
  bytesPerElement,
  type BlockView,
  type ComponentRead,
  type FloatDtype,
  type QuantizedTensor,
} from '@fewbit/core';

/** A stored affine tensor, checked. */
export interface StoredAffine {
  readonly shape: readonly number[];
  readonly dtype: FloatDtype;
  readonly scaleDtype: FloatDtype;
  /** Whether a zero point is stored, as I8. */
  readonly hasZeroPoint: boolean;
  readonly view: BlockView;
}

/** Reads back qdata, scale and zero point, range by range. A range may begin and end inside a row of blocks. */
export function affineReader({ shape, dtype, scaleDtype, hasZeroPoint, view }: StoredAffine): QuantizedTensor {
  const blockRow = view.length * view.inner;
  const scaleBytes = bytesPerElement(scaleDtype);
  return {
    dtype,
    shape,
    unit: view.inner,
    reads: (start, end) => {
      const first = Math.floor(start / blockRow) * view.inner;
      const last = Math.ceil(end / blockRow) * view.inner;
      const reads: ComponentRead[] = [
        { component: 'qdata', begin: start, end },
        { component: 'scale', begin: first * scaleBytes, end: last * scaleBytes },
      ];
      if (hasZeroPoint) reads.push({ component: 'zero_point', begin: first, end: last });
      return reads;
    },
    dequantize: async ({ start, end, parts, backend }) => {
      const [qdata = EMPTY, scale = EMPTY, zeroPoint = EMPTY] = parts;
      const values = new Uint8Array((end - start) * bytesPerElement(dtype));
      for (const segment of segmentsOf(start, end, view)) {
        const blocks = segment.view.outer * view.inner;
        const block = (Math.floor(segment.start / blockRow) - Math.floor(start / blockRow)) * view.inner;
        const part = await backend.dequantizeAffine({
          qdata: signed(qdata.subarray(segment.start - start, segment.end - start)),
          scale: scale.subarray(block * scaleBytes, (block + blocks) * scaleBytes),
          scaleDtype,
          zeroPoint: hasZeroPoint ? signed(zeroPoint.subarray(block, block + blocks)) : null,
          view: segment.view,
          dtype,
        });
        values.set(part, (segment.start - start) * bytesPerElement(dtype));
      }
      return values;
    },
  };
}

const EMPTY: Uint8Array = new Uint8Array(0);

interface Segment {
  readonly start: number;
  readonly end: number;
  readonly view: BlockView;
}

/** A range as: the end of a row of blocks, whole rows, the beginning of a row; each of them may be absent. */
function segmentsOf(start: number, end: number, { length, inner }: BlockView): readonly Segment[] {
  const blockRow = length * inner;
  const segments: Segment[] = [];
  for (let at = start; at < end;) {
    const rowStart = Math.floor(at / blockRow) * blockRow;
    const rows = at === rowStart ? Math.floor((end - at) / blockRow) : 0;
    const stop = rows > 0 ? at + rows * blockRow : Math.min(end, rowStart + blockRow);
    const view = rows > 0 ? { outer: rows, length, inner } : { outer: 1, length: (stop - at) / inner, inner };
    segments.push({ start: at, end: stop, view });
    at = stop;
  }
  return segments;
}

function signed(bytes: Uint8Array): Int8Array {
  return new Int8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
