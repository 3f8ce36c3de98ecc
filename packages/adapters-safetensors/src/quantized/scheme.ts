import type { Dtype } from '@fewbit/core';

/** How the elements of a quantized tensor are stored. */
export interface QuantizationScheme {
  /** The format's name: `gptq`. */
  readonly format: string;
  /** What an element is: `int4`, `uint4`, `float8_e4m3fn`, `nf4`, `float4_e2m1`. */
  readonly element: string;
  /** Bits of an element, scales not counted. May be less than what it takes in the file. */
  readonly bits: number;
  /** What shares a scale: the whole tensor, a row (output channel), a group of elements along the input, a block; `none`: no scale. */
  readonly granularity: 'tensor' | 'row' | 'group' | 'block' | 'none';
  /** Elements along the input that share a scale; null unless `granularity` is `group`. */
  readonly groupSize: number | null;
  /** Extents of a block; null unless `granularity` is `block`. A flat tensor's block has one extent. */
  readonly blockSize: readonly number[] | null;
  /** Whether zero is in the middle of the range. Null where neither headers nor config tell. */
  readonly symmetric: boolean | null;
  readonly zeroPoint: 'none' | 'integer' | 'float';
  /** Whether columns were quantized in another order than they are stored in. Null where nothing tells. */
  readonly activationOrder: boolean | null;
  readonly scaleDtype: Dtype | null;
  /** What activations become before they meet the weight, in words: `int8, dynamic, per token`; null: they stay as they are. */
  readonly activation: string | null;
  /** How elements are packed, in words, where a format has several ways: `gemv`; null otherwise. */
  readonly packing: string | null;
}

const DEFAULTS = {
  groupSize: null,
  blockSize: null,
  symmetric: null,
  zeroPoint: 'none',
  activationOrder: null,
  scaleDtype: null,
  activation: null,
  packing: null,
} as const;

/** A scheme from what is known of it. */
export function scheme(
  known: Pick<QuantizationScheme, 'format' | 'element' | 'bits' | 'granularity'> & Partial<QuantizationScheme>,
): QuantizationScheme {
  return { ...DEFAULTS, ...known };
}

/** `int8, per row, symmetric; activations int8, dynamic, per token`. */
export function schemeWords(described: QuantizationScheme): string {
  const { activation } = described;
  return `${weightWords(described)}${activation === null ? '' : `; activations ${activation}`}`;
}

/** How the weight is stored, without what becomes of activations: `int4, groups of 128, symmetric`. */
export function weightWords(described: QuantizationScheme): string {
  const { element, granularity, groupSize, blockSize, symmetric, zeroPoint, activationOrder, packing } = described;
  const sharing = {
    tensor: 'one scale',
    row: 'per row',
    group: `groups of ${groupSize ?? '?'}`,
    block: `blocks of ${blockSize?.join('×') ?? '?'}`,
    none: 'no scale',
  }[granularity];
  const zero = zeroPoint === 'none' ? 'symmetric' : zeroPoint === 'float' ? 'float zero points' : 'zero points';
  const centred = symmetric === true ? 'symmetric' : symmetric === false ? 'asymmetric' : zero;
  const isFloat = /^(?:float|nf|fp)/.test(element);
  return [element, sharing, isFloat ? [] : centred, activationOrder === true ? 'activation order' : [], packing ?? []]
    .flat()
    .join(', ');
}
