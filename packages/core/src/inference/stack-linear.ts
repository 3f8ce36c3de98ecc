import type { BlockView } from '../contracts/quantizing.ts';
import type {
  ActivationQuantization,
  AffineWeight,
  FloatWeight,
  Int4Weight,
  LinearRequest,
  LinearWeight,
} from '../contracts/inference.ts';
import { bytesPerElement } from '../dtype.ts';
import { checkLinear } from './check-linear.ts';

/** Layers that take the same activations (a model's gate and up; query, key and value) as one whose out features follow each other. */
export interface LinearStack {
  readonly request: LinearRequest;
  /** Where each layer's out features lie in those of the one, in order. */
  readonly parts: readonly StackPart[];
}

export interface StackPart {
  readonly first: number;
  readonly outFeatures: number;
}

/**
 * Stacks weights along their out features, so that one layer does the work of several: each result is the same sum as before.
 *
 * @param unit Rows that each part is filled up to a multiple of, with rows that give 0. Default: 1, none.
 * @returns Null where they cannot be one layer: in features, dtypes, bits, groups or activations differ, or blocks are no whole rows
 * and no groups of a row.
 * @throws FewbitError (`FEWBIT_INFERENCE_INVALID`) as `loadLinear` does, for arrays that do not have the lengths of the shapes.
 */
export function stackLinears(requests: readonly [LinearRequest, ...LinearRequest[]], unit = 1): LinearStack | null {
  for (const request of requests) checkLinear(request);
  const [{ activations, dtype }] = requests;
  if (!requests.every((one) => one.dtype === dtype && sameActivations(one.activations, activations))) return null;
  const parts: StackPart[] = [];
  let outFeatures = 0;
  for (const { weight } of requests) {
    parts.push({ first: outFeatures, outFeatures: weight.outFeatures });
    outFeatures += Math.ceil(weight.outFeatures / unit) * unit;
  }
  const weight = stackedWeight(
    requests.map((one) => one.weight),
    parts,
    outFeatures,
  );
  if (weight === null) return null;
  return { request: { weight, bias: stackedBias(requests, parts, outFeatures), activations, dtype }, parts };
}

function sameActivations(a: ActivationQuantization | null, b: ActivationQuantization | null): boolean {
  if (a === null || b === null) return a === b;
  return (
    a.mapping === b.mapping &&
    a.qmin === b.qmin &&
    a.qmax === b.qmax &&
    a.eps === b.eps &&
    a.scaleDtype === b.scaleDtype &&
    a.granularity === b.granularity
  );
}

/** A layer without a bias among others that have one adds -0, which leaves every number as it is, 0 and -0 too. */
function stackedBias(
  requests: readonly LinearRequest[],
  parts: readonly StackPart[],
  outFeatures: number,
): Float32Array | null {
  if (requests.every(({ bias }) => bias === null)) return null;
  const all = new Float32Array(outFeatures).fill(-0);
  for (const [at, { bias }] of requests.entries()) if (bias !== null) all.set(bias, parts[at]?.first ?? 0);
  return all;
}

function stackedWeight(
  weights: readonly LinearWeight[],
  parts: readonly StackPart[],
  outFeatures: number,
): LinearWeight | null {
  const [first] = weights;
  if (first === undefined) return null;
  const { inFeatures } = first;
  const place = (arrays: readonly Uint8Array[], rowBytes: number): Uint8Array => {
    const all = new Uint8Array(outFeatures * rowBytes);
    for (const [at, bytes] of arrays.entries()) all.set(bytes, (parts[at]?.first ?? 0) * rowBytes);
    return all;
  };
  switch (first.kind) {
    case 'float': {
      const same = weights.filter(
        (one): one is FloatWeight => one.kind === 'float' && one.inFeatures === inFeatures && one.dtype === first.dtype,
      );
      if (same.length < weights.length) return null;
      const rowBytes = inFeatures * bytesPerElement(first.dtype);
      const values = place(
        same.map((one) => one.values),
        rowBytes,
      );
      return { ...first, outFeatures, values };
    }
    case 'int4': {
      const { dtype, groupSize } = first;
      const same = weights.filter(
        (one): one is Int4Weight =>
          one.kind === 'int4' && one.inFeatures === inFeatures && one.dtype === dtype && one.groupSize === groupSize,
      );
      if (same.length < weights.length) return null;
      const statisticBytes = (inFeatures / groupSize) * bytesPerElement(dtype);
      return {
        ...{ ...first, outFeatures },
        packed: place(
          same.map((one) => one.packed),
          inFeatures / 2,
        ),
        scale: place(
          same.map((one) => one.scale),
          statisticBytes,
        ),
        zeroPoint: place(
          same.map((one) => one.zeroPoint),
          statisticBytes,
        ),
      };
    }
    case 'affine': {
      const { bits, scaleDtype } = first;
      const length = Math.min(first.view.length, inFeatures);
      const same = weights.filter(
        (one): one is AffineWeight =>
          one.kind === 'affine' &&
          one.inFeatures === inFeatures &&
          one.bits === bits &&
          one.scaleDtype === scaleDtype &&
          (one.zeroPoint === null) === (first.zeroPoint === null) &&
          isInRows(one.view, inFeatures) &&
          Math.min(one.view.length, inFeatures) === length,
      );
      if (same.length < weights.length) return null;
      const groups = inFeatures / length;
      const view: BlockView = { outer: outFeatures * groups, length, inner: 1 };
      const zeroPoints = same.flatMap((one) =>
        one.zeroPoint === null ? [] : [perRow(bytesOf(one.zeroPoint), 1, one)],
      );
      const width = bytesPerElement(scaleDtype);
      return {
        ...{ ...first, outFeatures, view },
        qdata: codesOf(
          place(
            same.map((one) => bytesOf(one.qdata)),
            inFeatures,
          ),
        ),
        scale: place(
          same.map((one) => perRow(one.scale, width, one)),
          groups * width,
        ),
        zeroPoint: zeroPoints.length === 0 ? null : codesOf(place(zeroPoints, groups)),
      };
    }
  }
}

function isInRows({ length, inner }: BlockView, inFeatures: number): boolean {
  return inner === 1 && (length % inFeatures === 0 || inFeatures % length === 0);
}

/** Statistics of blocks of several rows, for each row. */
function perRow(statistics: Uint8Array, width: number, { view, inFeatures }: AffineWeight): Uint8Array {
  const rows = view.length / inFeatures;
  if (rows <= 1) return statistics;
  const all = new Uint8Array(statistics.length * rows);
  for (let row = 0; row * width < all.length; row += 1) {
    const block = Math.floor(row / rows) * width;
    all.set(statistics.subarray(block, block + width), row * width);
  }
  return all;
}

function bytesOf({ buffer, byteOffset, byteLength }: Int8Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function codesOf({ buffer, byteOffset, byteLength }: Uint8Array): Int8Array {
  return new Int8Array(buffer, byteOffset, byteLength);
}
