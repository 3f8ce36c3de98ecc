/** The numbers that a tensor is stored in. `float8_e4m3` is PyTorch's `float8_e4m3fn`. */
export type NumberFormat =
  | 'int1'
  | 'int2'
  | 'int3'
  | 'int4'
  | 'int5'
  | 'int6'
  | 'int7'
  | 'int8'
  | 'float8_e4m3'
  | 'float8_e5m2'
  | 'float6_e2m3'
  | 'float6_e3m2'
  | 'float4_e2m1';

/** What shares one scale. `channel` is a row of a [N, K] weight, `token` a row of activations. */
export type Sharing =
  | { readonly by: 'tensor' | 'channel' | 'token' }
  | { readonly by: 'group'; readonly size: number }
  | { readonly by: 'block'; readonly rows: number; readonly columns: number };

/** How the weights or the activations of a module are quantized, in words that all systems have in common. */
export interface TensorScheme {
  readonly numbers: NumberFormat;
  readonly sharing: Sharing;
  readonly symmetric: boolean;
  /**
   * What scales are: ordinary floats, powers of two (the MX formats), or float8 with one more scale for the tensor
   * (NVFP4).
   */
  readonly scales: 'float' | 'power-of-two' | 'float8';
}

/** What becomes of a module's weight and of what goes into it. */
export interface Scheme {
  readonly weights: TensorScheme;
  /** Null: activations stay as they are. `dynamic` scales are measured at run time, static ones while calibrating. */
  readonly activations: (TensorScheme & { readonly dynamic: boolean }) | null;
}

/** Something about a scheme that does not come over as it was. */
export interface SchemeLoss {
  /** Stable, for programs. */
  readonly id: string;
  readonly severity: 'loss' | 'changed' | 'note';
  /** A sentence without a full stop. */
  readonly message: string;
}

/** A scheme as another system can have it. */
export interface AdaptedScheme {
  /** Null where the system has nothing like it: such weights stay as they are. */
  readonly scheme: Scheme | null;
  readonly losses: readonly SchemeLoss[];
}

/** `int` numbers of so many bits; null for a width that no system has. */
export function intOf(bits: number): NumberFormat | null {
  const found = INTS[bits - 1];
  return Number.isInteger(bits) && found !== undefined ? found : null;
}

const INTS: readonly NumberFormat[] = ['int1', 'int2', 'int3', 'int4', 'int5', 'int6', 'int7', 'int8'];

export function isInt(numbers: NumberFormat): boolean {
  return INTS.includes(numbers);
}

export function bitsOf(numbers: NumberFormat): number {
  return Number(/\d/.exec(numbers)?.[0] ?? '0');
}

/** Integers whose scales are plain floats. */
export function ints(bits: number, sharing: Sharing, symmetric: boolean): TensorScheme | null {
  const numbers = intOf(bits);
  return numbers === null ? null : { numbers, sharing, symmetric, scales: 'float' };
}

/** A weight-only scheme of integers; null for a width that no system has. */
export function weightOnly(bits: number, sharing: Sharing, symmetric: boolean): Scheme | null {
  const weights = ints(bits, sharing, symmetric);
  return weights === null ? null : { weights, activations: null };
}

export function sameScheme(left: Scheme | null, right: Scheme | null): boolean {
  return left === right || schemeKey(left) === schemeKey(right);
}

/** Equal for equal schemes, and for no others. */
export function schemeKey(scheme: Scheme | null): string {
  if (scheme === null) return '';
  const { weights, activations } = scheme;
  return `${tensorKey(weights)} ${activations === null ? '-' : `${tensorKey(activations)} ${String(activations.dynamic)}`}`;
}

function tensorKey({ numbers, sharing, symmetric, scales }: TensorScheme): string {
  return `${numbers} ${describeSharing(sharing)} ${String(symmetric)} ${scales}`;
}

/** A few words for reports: `int4, groups of 128, symmetric; activations int8, per token`. */
export function describeScheme(scheme: Scheme | null): string {
  if (scheme === null) return 'not quantized';
  const { weights, activations } = scheme;
  const words = describeTensor(weights);
  return activations === null
    ? words
    : `${words}; activations ${describeTensor(activations)}${activations.dynamic ? '' : ', static'}`;
}

function describeTensor({ numbers, sharing, symmetric, scales }: TensorScheme): string {
  const extra = scales === 'float' ? '' : scales === 'float8' ? ', float8 scales' : ', power-of-two scales';
  return `${numbers}, ${describeSharing(sharing)}${symmetric ? '' : ', asymmetric'}${extra}`;
}

export function describeSharing(sharing: Sharing): string {
  switch (sharing.by) {
    case 'group':
      return `groups of ${sharing.size}`;
    case 'block':
      return `blocks of ${sharing.rows}x${sharing.columns}`;
    case 'tensor':
    case 'channel':
    case 'token':
      return `per ${sharing.by}`;
  }
}

/** True where the last dimension is cut into runs, or two blocks' sizes are the same. */
export function isGroup(sharing: Sharing): sharing is Extract<Sharing, { readonly by: 'group' }> {
  return sharing.by === 'group';
}
