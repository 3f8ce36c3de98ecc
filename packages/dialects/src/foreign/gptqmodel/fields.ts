import {
  describeScheme,
  isGroup,
  isInt,
  bitsOf,
  weightOnly,
  type AdaptedScheme,
  type Scheme,
  type SchemeLoss,
  type Sharing,
} from '../scheme/scheme.ts';

/** The fields that say which codes a weight gets. */
export interface GptqFields {
  readonly bits: number;
  /** -1 is one scale for a row. */
  readonly groupSize: number;
  readonly sym: boolean;
  readonly lmHead: boolean;
}

export const BASE_FIELDS: readonly string[] = ['bits', 'w_bit', 'group_size', 'q_group_size', 'sym'];

const BITS: readonly number[] = [2, 3, 4, 5, 6, 8];
const GROUP_SIZES: readonly number[] = [16, 32, 64, 128, 256, 512, 1024];

export function schemeOf({ bits, groupSize, sym }: GptqFields): Scheme | null {
  if (groupSize !== -1 && !(Number.isSafeInteger(groupSize) && groupSize > 0)) return null;
  return weightOnly(bits, groupSize === -1 ? { by: 'channel' } : { by: 'group', size: groupSize }, sym);
}

/** The fields of a scheme that `adaptToGptq` has given. */
export function fieldsOfScheme({ weights }: Scheme): { bits: number; group_size: number; sym: boolean } {
  const { sharing, symmetric, numbers } = weights;
  return { bits: bitsOf(numbers), group_size: isGroup(sharing) ? sharing.size : -1, sym: symmetric };
}

/** GPTQModel has integers of 2, 3, 4, 5, 6 and 8 bits, in groups or rows, and leaves activations alone. */
export function adaptToGptq(scheme: Scheme): AdaptedScheme {
  const { weights, activations } = scheme;
  const losses: SchemeLoss[] = [];
  const fits =
    isInt(weights.numbers) &&
    weights.scales === 'float' &&
    BITS.includes(bitsOf(weights.numbers)) &&
    takes(weights.sharing);
  if (!fits) {
    const message = `GPTQModel has nothing for ${describeScheme(scheme)}; such weights stay as they are`;
    return { scheme: null, losses: [{ id: 'scheme-unsupported', severity: 'loss', message }] };
  }
  if (activations !== null) {
    losses.push({ id: 'activations', severity: 'loss', message: 'GPTQModel does not quantize activations' });
  }
  return { scheme: { weights, activations: null }, losses };
}

function takes(sharing: Sharing): boolean {
  return sharing.by === 'channel' || (isGroup(sharing) && GROUP_SIZES.includes(sharing.size));
}
