import type { FloatDtype } from '../dtype.ts';
import { fromFloat32 } from '../reference/float.ts';

/** Numbers in [0, 1), the same for the same seed. */
export type Random = () => number;

/** Mulberry32: 32 bits of state, plenty for test data. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A whole number in [low, high]. */
export function integerWithin(random: Random, low: number, high: number): number {
  return low + Math.floor(random() * (high - low + 1));
}

/** One of the values. */
export function pick<T>(random: Random, values: readonly [T, ...T[]]): T {
  return values[integerWithin(random, 0, values.length - 1)] ?? values[0];
}

/** What a run of weights may look like: each kind is a way in which a kernel has gone wrong somewhere. */
export const WEIGHT_KINDS = [
  'noise',
  'zeros',
  'negative zeros',
  'zeros of both signs',
  'ties',
  'subnormals',
  'huge',
  'constant',
  'one outlier',
  'all positive',
  'any bits',
  'infinities',
  'a NaN',
] as const;

export type WeightKind = (typeof WEIGHT_KINDS)[number];

/** Little-endian bytes of `count` weights of a dtype, of one kind. */
export function randomWeights(random: Random, count: number, dtype: FloatDtype, kind: WeightKind): Uint8Array {
  if (kind === 'any bits') return finiteBits(random, count, dtype);
  const scale = 2 ** integerWithin(random, -12, 4);
  const unusual = integerWithin(random, 0, count - 1);
  const values = new Float32Array(count).map((_, i) => weightOf(random, dtype, kind, scale, i === unusual));
  return fromFloat32(values, dtype);
}

const LARGEST: Readonly<Record<FloatDtype, number>> = { F32: 2 ** 127, BF16: 2 ** 127, F16: 32768 };
const SMALLEST_NORMAL: Readonly<Record<FloatDtype, number>> = { F32: 2 ** -126, BF16: 2 ** -126, F16: 2 ** -14 };

function weightOf(random: Random, dtype: FloatDtype, kind: WeightKind, scale: number, unusual: boolean): number {
  const centred = random() + random() + random() - 1.5;
  switch (kind) {
    case 'zeros':
      return 0;
    case 'negative zeros':
      return -0;
    case 'zeros of both signs':
      return unusual ? scale * Math.sign(centred) : random() < 0.5 ? 0 : -0;
    case 'ties':
      return (integerWithin(random, -17, 17) / 2) * scale;
    case 'subnormals':
      return centred * SMALLEST_NORMAL[dtype];
    case 'huge':
      return centred * LARGEST[dtype];
    case 'constant':
      return scale;
    case 'one outlier':
      return unusual ? 1000 * scale : centred * scale;
    case 'all positive':
      return (random() + 1) * scale;
    case 'infinities':
      return unusual ? Infinity * Math.sign(centred) : centred;
    case 'a NaN':
      return unusual ? NaN : centred;
    case 'noise':
    case 'any bits':
      return centred * scale;
  }
}

// Bits with the exponent's lowest bit cleared are never infinite nor NaN.
function finiteBits(random: Random, count: number, dtype: FloatDtype): Uint8Array {
  const width = dtype === 'F32' ? 4 : 2;
  const bytes = new Uint8Array(count * width).map(() => integerWithin(random, 0, 255));
  for (let last = width - 1; last < bytes.length; last += width) {
    if (dtype === 'F16') bytes[last] = (bytes[last] ?? 0) & 0xfb;
    else bytes[last - 1] = (bytes[last - 1] ?? 0) & 0x7f;
  }
  return bytes;
}
