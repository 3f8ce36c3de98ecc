import { hasExactResults, type BlockView, type FloatDtype, type LinearRequest } from '@fewbit/core';
import type { CodecName } from '../wgsl/codecs.ts';
import type { IntegerKind } from '../wgsl/integer.ts';
import { FLAGS } from '../wgsl/interface.ts';

/** The kernel that a layer runs on: integers under activations in codes, or a codec under activations in f32. */
export type LinearKernel = `codes ${IntegerKind}` | `floats ${CodecName}`;

/** How a layer lies on the device and which kernel runs it. A pure function of the request. */
export interface LinearForm {
  readonly kernel: LinearKernel;
  /** How the weight lies there. */
  readonly storage: 'int4' | 'int8' | 'half' | 'float';
  /** Whether activations are quantized before, and to what. */
  readonly quantized: 'codes' | 'floats' | null;
  /** Statistics in each row of the weight, and consecutive weights that share them; 0: blocks of any shape. */
  readonly groups: number;
  readonly groupSize: number;
  /** Rows of the weight that share one stored scale: their scales are repeated on the device. */
  readonly rowsPerBlock: number;
  /** The blocks of `floats int8-any`. */
  readonly view: BlockView | null;
  readonly statisticDtype: FloatDtype;
  /** Bits of FLAGS. */
  readonly flags: number;
  /** Consecutive words of four codes that share statistics in a prefill step. */
  readonly spanWords: number;
}

export function formOf(request: LinearRequest): LinearForm {
  const { weight, activations, bias } = request;
  const biasFlag = bias === null ? 0 : FLAGS.bias;
  const quantized = activations === null ? null : 'floats';
  if (weight.kind === 'float') {
    const storage = weight.dtype === 'F32' ? 'float' : 'half';
    return {
      ...{ kernel: `floats ${storage}`, storage, quantized, statisticDtype: weight.dtype, flags: biasFlag },
      ...oneGroup(weight.inFeatures),
    };
  }
  const { inFeatures } = weight;
  const [view, statisticDtype] =
    weight.kind === 'int4'
      ? [{ outer: 0, length: weight.groupSize, inner: 1 }, weight.dtype]
      : [weight.view, weight.scaleDtype];
  const bits = weight.kind === 'int4' ? 4 : weight.bits;
  const statistics = weight.kind === 'int4' ? FLAGS.shifts : weight.zeroPoint === null ? 0 : FLAGS.zeroPoints;
  const flags = biasFlag | statistics;
  const shared = { statisticDtype, quantized } as const;

  if (hasExactResults(request)) {
    const asymmetric = request.activations.mapping === 'ASYMMETRIC' ? FLAGS.asymmetric : 0;
    return {
      ...{ ...shared, kernel: 'codes exact', storage: 'int8', quantized: 'codes', flags: biasFlag | asymmetric },
      ...oneGroup(inFeatures, view.length / inFeatures),
    };
  }
  const groups = groupsOf(view, inFeatures, bits <= 4 ? 8 : 4) ?? groupsOf(view, inFeatures, 4);
  if (groups === null) {
    return {
      ...{ ...shared, kernel: 'floats int8-any', storage: 'int8', flags, view },
      ...{ groups: 0, groupSize: inFeatures, rowsPerBlock: 1, spanWords: 1 },
    };
  }
  const nibbles = bits <= 4 && (groups.groups === 1 || groups.groupSize % 8 === 0) && fitsNibbles(weight);
  const storage: 'int4' | 'int8' = nibbles ? 'int4' : 'int8';
  const perVector = nibbles ? 32 : 16;
  const straddled = groups.groups > 1 && groups.groupSize % perVector !== 0;
  const grouped = {
    ...{ ...shared, ...groups, storage, view: null },
    flags: flags | (straddled ? FLAGS.statsPerWord : 0),
    spanWords: groups.groups === 1 ? 8 : commonDivisor(groups.groupSize, 32) / 4,
  } as const;
  // A zero point in the float domain has no product of integers.
  if (activations === null || weight.kind === 'int4') return { ...grouped, kernel: `floats ${storage}` };
  return { ...grouped, kernel: `codes ${storage}`, quantized: 'codes' };
}

/** Kernels take zero points off while codes are bytes: a nibble of 0 to 15 less 0 to 128 is one. */
function fitsNibbles(weight: Exclude<LinearRequest['weight'], { readonly kind: 'float' }>): boolean {
  return weight.kind === 'int4' || !(weight.zeroPoint?.some((zero) => zero < -8 || zero > 120) ?? false);
}

type Grouping = Pick<LinearForm, 'groups' | 'groupSize' | 'rowsPerBlock'>;

function oneGroup(inFeatures: number, rowsPerBlock = 1): Grouping & Pick<LinearForm, 'view' | 'spanWords'> {
  return { groups: 1, groupSize: inFeatures, rowsPerBlock, view: null, spanWords: 8 };
}

/** Null where blocks are no whole rows and no groups of a row that are whole words of `unit` codes. */
function groupsOf(view: BlockView, inFeatures: number, unit: number): Grouping | null {
  if (view.inner !== 1) return null;
  if (view.length % inFeatures === 0) {
    return { groups: 1, groupSize: inFeatures, rowsPerBlock: view.length / inFeatures };
  }
  if (inFeatures % view.length !== 0 || view.length % unit !== 0) return null;
  return { groups: inFeatures / view.length, groupSize: view.length, rowsPerBlock: 1 };
}

function commonDivisor(a: number, b: number): number {
  return b === 0 ? a : commonDivisor(b, a % b);
}
