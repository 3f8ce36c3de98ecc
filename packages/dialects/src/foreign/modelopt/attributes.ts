import type { JsonObject } from '@fewbit/core';
import type { Fields, Problems } from '../problems.ts';
import type { Findings } from '../findings.ts';
import type { Origin } from '../origin.ts';
import {
  bitsOf,
  describeScheme,
  intOf,
  isGroup,
  isInt,
  type AdaptedScheme,
  type NumberFormat,
  type Scheme,
  type SchemeLoss,
  type Sharing,
  type TensorScheme,
} from '../scheme/scheme.ts';

/** What a quantizer does, as far as it says which codes come out. */
export interface QuantizerState {
  readonly scheme: TensorScheme;
  readonly dynamic: boolean;
}

/** What the quantizers of linear modules and embeddings do before any entry: int8, weights of linear modules per row. */
export const INITIAL_WEIGHT: QuantizerState = int8({ by: 'channel' });
export const INITIAL_EMBEDDING: QuantizerState = int8({ by: 'tensor' });
export const INITIAL_INPUT: QuantizerState = int8({ by: 'tensor' });

function int8(sharing: Sharing): QuantizerState {
  return { scheme: { numbers: 'int8', sharing, symmetric: true, scales: 'float' }, dynamic: false };
}

const KNOWN: readonly string[] = [
  'enable',
  'num_bits',
  'axis',
  'block_sizes',
  'type',
  'fake_quant',
  'narrow_range',
  'pass_through_bwd',
];

/** Reads a `cfg`; null, with a problem, for what no quantizer of this kind is understood to do. */
export function readAttributes(
  fields: Fields,
  origin: Origin,
  problems: Problems,
  findings: Findings,
): QuantizerState | null {
  for (const name of fields.names.filter((each) => !KNOWN.includes(each))) {
    findings.add('loss', 'attribute-unknown', `"${name}" has no counterpart`, origin);
  }
  const blocks = readBlocks(fields.raw('block_sizes'));
  const numbers = numbersOf(fields.raw('num_bits') ?? 8);
  const sharing = blocks === null ? sharingOfAxis(fields.raw('axis')) : blocks.sharing;
  if (numbers === null || sharing === null) {
    problems.addAt(`"num_bits", "axis" and "block_sizes" together are not understood`, origin);
    return null;
  }
  const scales = blocks?.scales ?? 'float';
  const dynamic = fields.string('type') === 'dynamic' || blocks?.dynamic === true;
  return { scheme: { numbers, sharing, symmetric: true, scales }, dynamic };
}

function numbersOf(bits: unknown): NumberFormat | null {
  if (typeof bits === 'number') return intOf(bits);
  return FLOATS.get(String(bits)) ?? null;
}

// By exponent and mantissa.
const FLOATS: ReadonlyMap<string, NumberFormat> = new Map<string, NumberFormat>([
  ['4,3', 'float8_e4m3'],
  ['5,2', 'float8_e5m2'],
  ['2,3', 'float6_e2m3'],
  ['3,2', 'float6_e3m2'],
  ['2,1', 'float4_e2m1'],
]);

/** `axis: 0` keeps the rows apart; none keeps nothing apart. */
function sharingOfAxis(axis: unknown): Sharing | null {
  if (axis === undefined) return { by: 'tensor' };
  return axis === 0 ? { by: 'channel' } : axis === -1 ? { by: 'token' } : null;
}

interface Blocks {
  readonly sharing: Sharing | null;
  readonly dynamic: boolean;
  readonly scales: TensorScheme['scales'];
}

function readBlocks(value: unknown): Blocks | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  const members: ReadonlyMap<string, unknown> = new Map(Object.entries(value));
  const [last, before] = [members.get('-1'), members.get('-2')];
  const written = members.get('scale_bits');
  const scaleBits = Array.isArray(written) ? written.join() : '';
  const scales = scaleBits === '4,3' ? 'float8' : scaleBits === '8,0' ? 'power-of-two' : 'float';
  return { sharing: blockSharing(last, before), dynamic: members.get('type') === 'dynamic', scales };
}

function blockSharing(last: unknown, before: unknown): Sharing | null {
  // All of the last dimension: a token.
  if (last === null && before === undefined) return { by: 'token' };
  if (typeof last !== 'number' || !Number.isSafeInteger(last) || last < 1) return null;
  if (before === undefined) return { by: 'group', size: last };
  return typeof before === 'number' && before > 0 ? { by: 'block', rows: before, columns: last } : null;
}

/** The `cfg` of a scheme that `adaptToModelopt` has given. */
export function attributesOf({ numbers, sharing, scales }: TensorScheme, dynamic: boolean): JsonObject {
  const bits = isInt(numbers) ? bitsOf(numbers) : (floatBits(numbers) ?? 8);
  if (isGroup(sharing) || sharing.by === 'block') {
    const sizes = isGroup(sharing) ? { '-1': sharing.size } : { '-1': sharing.columns, '-2': sharing.rows };
    const scaleBits =
      scales === 'float8' ? { scale_bits: [4, 3] } : scales === 'power-of-two' ? { scale_bits: [8, 0] } : {};
    return { num_bits: bits, block_sizes: { ...sizes, ...(dynamic && { type: 'dynamic' }), ...scaleBits } };
  }
  if (sharing.by === 'token')
    return { num_bits: bits, block_sizes: { '-1': null, ...(dynamic && { type: 'dynamic' }) } };
  return { num_bits: bits, axis: sharing.by === 'channel' ? 0 : null, ...(dynamic && { type: 'dynamic' }) };
}

function floatBits(numbers: NumberFormat): readonly number[] | null {
  for (const [bits, name] of FLOATS) if (name === numbers) return bits.split(',').map(Number);
  return null;
}

/** ModelOpt has integers and small floats, symmetric only. */
export function adaptToModelopt(scheme: Scheme): AdaptedScheme {
  const losses: SchemeLoss[] = [];
  const { weights, activations } = scheme;
  if (weights.numbers === 'int1') {
    const message = `ModelOpt has nothing for ${describeScheme(scheme)}; such weights stay as they are`;
    return { scheme: null, losses: [{ id: 'scheme-unsupported', severity: 'loss', message }] };
  }
  if (!weights.symmetric || activations?.symmetric === false) {
    losses.push({
      id: 'asymmetric',
      severity: 'loss',
      message: 'ModelOpt quantizes symmetrically, without zero points',
    });
  }
  return {
    scheme: {
      weights: { ...weights, symmetric: true },
      activations: activations === null ? null : { ...activations, symmetric: true },
    },
    losses,
  };
}
