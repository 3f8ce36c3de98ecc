import {
  bitsOf,
  describeScheme,
  isInt,
  sameScheme,
  weightOnly,
  type AdaptedScheme,
  type Scheme,
  type SchemeLoss,
} from '../scheme/scheme.ts';

/** What llama.cpp calls a type of tensors, and what it does in the words that all systems have in common. */
export interface GgmlType {
  readonly name: string;
  /** Null for plain floats, and for what has no counterpart. */
  readonly scheme: Scheme | null;
  readonly losses: readonly SchemeLoss[];
}

const SIGN: SchemeLoss = {
  id: 'ggml-rounding',
  severity: 'changed',
  message: 'llama.cpp takes the scale from the largest weight and its sign, torchao from the largest magnitude',
};
const SUPER: SchemeLoss = {
  id: 'k-quants',
  severity: 'loss',
  message: 'K-quants search for scales and quantize these too; torchao takes them from extremes and keeps floats',
};

/** The types of ggml (as of 2026) that have integers, floats or MX codes. */
const TYPES: ReadonlyMap<string, GgmlType> = new Map(
  [
    int('q4_0', 4, 32, true, SIGN),
    int('q4_1', 4, 32, false),
    int('q5_0', 5, 32, true, SIGN),
    int('q5_1', 5, 32, false),
    int('q8_0', 8, 32, true),
    int('q2_k', 2, 16, false, SUPER),
    int('q3_k', 3, 16, true, SUPER),
    int('q4_k', 4, 32, false, SUPER),
    int('q5_k', 5, 32, false, SUPER),
    int('q6_k', 6, 16, true, SUPER),
    plain('f32'),
    plain('f16'),
    plain('bf16'),
    mxfp4(),
    ...[
      'q1_0',
      'q2_0',
      'iq1_s',
      'iq1_m',
      'iq2_xxs',
      'iq2_xs',
      'iq2_s',
      'iq3_xxs',
      'iq3_s',
      'iq4_nl',
      'iq4_xs',
      'tq1_0',
      'tq2_0',
    ].map(unlike),
  ].map((type) => [type.name, type]),
);

export const TYPE_NAMES: readonly string[] = [...TYPES.keys()];

/** Names are read in any case. */
export function ggmlType(name: string): GgmlType | null {
  return TYPES.get(name.toLowerCase()) ?? null;
}

function int(name: string, bits: number, size: number, symmetric: boolean, ...losses: SchemeLoss[]): GgmlType {
  return { name, scheme: weightOnly(bits, { by: 'group', size }, symmetric), losses };
}

function plain(name: string): GgmlType {
  return { name, scheme: null, losses: [] };
}

function mxfp4(): GgmlType {
  const weights = {
    numbers: 'float4_e2m1',
    sharing: { by: 'group', size: 32 },
    symmetric: true,
    scales: 'power-of-two',
  } as const;
  return { name: 'mxfp4', scheme: { weights, activations: null }, losses: [] };
}

function unlike(name: string): GgmlType {
  const message = `${name} has codes from a table, and no counterpart; such weights stay as they are`;
  return { name, scheme: null, losses: [{ id: 'scheme-unsupported', severity: 'loss', message }] };
}

/** The type of a scheme that `adaptToGgml` has given; plain floats for none. */
export function typeOfScheme(scheme: Scheme | null): string {
  if (scheme === null) return 'bf16';
  for (const { name, scheme: own } of TYPES.values()) if (own !== null && sameScheme(own, scheme)) return name;
  return 'bf16';
}

/** By bits: with zero points or without, and of these the one whose numbers are the nearest. */
const BY_BITS: ReadonlyMap<number, readonly [symmetric: string, asymmetric: string]> = new Map([
  [2, ['q2_k', 'q2_k']],
  [3, ['q3_k', 'q3_k']],
  [4, ['q4_0', 'q4_1']],
  [5, ['q5_0', 'q5_1']],
  [6, ['q6_k', 'q6_k']],
  [8, ['q8_0', 'q8_0']],
]);

/** llama.cpp has its own group sizes, and quantizes activations as it computes. */
export function adaptToGgml(scheme: Scheme): AdaptedScheme {
  const { weights, activations } = scheme;
  const losses: SchemeLoss[] = [];
  const names = isInt(weights.numbers) && weights.scales === 'float' ? BY_BITS.get(bitsOf(weights.numbers)) : undefined;
  const mx = ggmlType('mxfp4')?.scheme ?? null;
  const name = names?.[weights.symmetric ? 0 : 1] ?? (sameScheme({ weights, activations: null }, mx) ? 'mxfp4' : null);
  const type = name === null ? null : ggmlType(name);
  const adapted = type?.scheme ?? null;
  if (type === null || adapted === null) {
    const message = `llama.cpp has nothing for ${describeScheme(scheme)}; such weights stay as they are`;
    return { scheme: null, losses: [{ id: 'scheme-unsupported', severity: 'loss', message }] };
  }
  losses.push(...type.losses);
  if (!sameScheme(adapted, { weights, activations: null })) {
    const message = `${describeScheme(scheme)} becomes ${type.name}: ${describeScheme(adapted)}`;
    losses.push({
      id: 'nearest-type',
      severity: adapted.weights.symmetric === weights.symmetric ? 'changed' : 'loss',
      message,
    });
  }
  if (activations !== null) {
    const message = 'llama.cpp decides itself how activations are quantized';
    losses.push({ id: 'activations', severity: 'loss', message });
  }
  return { scheme: adapted, losses };
}
