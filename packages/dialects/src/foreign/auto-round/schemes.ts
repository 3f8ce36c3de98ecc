import { isJsonObject, shown, type JsonObject, type JsonValue } from '@fewbit/core';
import { toJsonValue, type JsonNode } from '../json-tree.ts';
import type { Problems } from '../problems.ts';
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
import { PRESETS, type SchemeFields } from './presets.ts';

export const SCHEME_KEYS: readonly string[] = [
  'bits',
  'group_size',
  'sym',
  'data_type',
  'act_bits',
  'act_group_size',
  'act_sym',
  'act_data_type',
  'act_dynamic',
  'super_bits',
  'super_group_size',
  'rotation_config',
  'scale_dtype',
];

/** What AutoRound quantizes with when it is told nothing. */
export const DEFAULT_FIELDS: SchemeFields = { bits: 4, group_size: 128, sym: true, data_type: 'int', act_bits: 16 };

/** Reads a preset's name, or an object of fields, with `scheme` for a preset to start from. */
export function readFields(
  node: JsonNode,
  origin: Origin,
  allowed: readonly string[],
  problems: Problems,
): SchemeFields {
  const value = toJsonValue(node);
  if (typeof value === 'string') return presetFields(value, origin, problems);
  if (!isJsonObject(value)) {
    problems.addAt(`it is ${shown(value)}; expected the name of a scheme or its fields`, origin);
    return {};
  }
  const { scheme, ...own } = value;
  const unknown = Object.keys(own).find((name) => !SCHEME_KEYS.includes(name) && !allowed.includes(name));
  if (unknown !== undefined) problems.addAt(`${shown(unknown)} is no field of a scheme`, origin);
  const start = typeof scheme === 'string' ? presetFields(scheme, origin, problems) : {};
  return { ...start, ...inferred(withoutNulls(own)) };
}

function presetFields(name: string, origin: Origin, problems: Problems): SchemeFields {
  const found = PRESETS.get(name.toUpperCase());
  if (found === undefined) problems.addAt(`${shown(name)} is no preset of AutoRound's that is known here`, origin);
  return found ?? {};
}

function withoutNulls(fields: JsonObject): SchemeFields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
}

// `mx_fp4` says its bits.
function inferred(fields: SchemeFields): SchemeFields {
  const bits = (name: string): SchemeFields => {
    const type = fields[`${name}data_type`];
    const digits = typeof type === 'string' ? /[a-z](\d{1,2})$/.exec(type)?.[1] : undefined;
    return digits === undefined || `${name}bits` in fields ? {} : { [`${name}bits`]: Number(digits) };
  };
  return { ...fields, ...bits(''), ...bits('act_') };
}

/** The scheme of fields that are filled in; undefined, with a problem, for what no weight can have. */
export function schemeOfFields(fields: SchemeFields, origin: Origin, problems: Problems): Scheme | null {
  const bits = numberOf(fields, 'bits', 4);
  if (bits >= 16) return null;
  const weights = tensorOf(fields, '', bits);
  if (weights === null) {
    problems.addAt(
      `${bits} bits of type ${shown(fields.data_type)} with group size ${shown(fields.group_size)} are not understood`,
      origin,
    );
    return null;
  }
  const actBits = numberOf(fields, 'act_bits', 16);
  if (actBits >= 16) return { weights, activations: null };
  const filled: SchemeFields = {
    act_group_size: fields.group_size ?? 128,
    act_sym: fields.sym ?? true,
    act_data_type: fields.data_type ?? 'int',
    ...fields,
  };
  const activations = tensorOf(filled, 'act_', actBits);
  if (activations === null) {
    problems.addAt(`activations of ${actBits} bits and type ${shown(filled.act_data_type)} are not understood`, origin);
    return null;
  }
  const sharing: Sharing = activations.sharing.by === 'channel' ? { by: 'token' } : activations.sharing;
  return { weights, activations: { ...activations, sharing, dynamic: fields.act_dynamic !== false } };
}

function tensorOf(fields: SchemeFields, prefix: '' | 'act_', bits: number): TensorScheme | null {
  const written = fields[`${prefix}data_type`];
  const type = typeof written === 'string' ? written : 'int';
  const sharing = sharingOf(fields[`${prefix}group_size`] ?? 128);
  const numbers = numbersOf(type, bits);
  if (sharing === null || numbers === null) return null;
  const scales = type.startsWith('mx_fp') ? 'power-of-two' : /^nv_?fp/.test(type) ? 'float8' : 'float';
  return { numbers, sharing, symmetric: isInt(numbers) ? fields[`${prefix}sym`] !== false : true, scales };
}

function numbersOf(type: string, bits: number): NumberFormat | null {
  if (type.startsWith('int')) return intOf(bits);
  if (/^(?:mx_)?fp/.test(type) && bits === 8) return 'float8_e4m3';
  if (type.startsWith('mx_fp') && bits === 6) return 'float6_e2m3';
  return /^(?:mx_fp|nv_?fp)/.test(type) && bits === 4 ? 'float4_e2m1' : null;
}

function sharingOf(size: JsonValue): Sharing | null {
  if (size === -1) return { by: 'channel' };
  if (size === 0) return { by: 'tensor' };
  if (Array.isArray(size)) {
    const [rows, columns] = size as readonly JsonValue[];
    return typeof rows === 'number' && typeof columns === 'number' ? { by: 'block', rows, columns } : null;
  }
  return typeof size === 'number' && Number.isSafeInteger(size) && size > 0 ? { by: 'group', size } : null;
}

function numberOf(fields: SchemeFields, name: string, fallback: number): number {
  const value = fields[name];
  return typeof value === 'number' ? value : fallback;
}

/** The fields of a scheme that `adaptToAutoRound` has given. */
export function fieldsOfScheme(scheme: Scheme | null): JsonObject {
  if (scheme === null) return { bits: 16, data_type: 'float', act_bits: 16, act_data_type: 'float' };
  const { weights, activations } = scheme;
  const own = {
    bits: bitsOf(weights.numbers),
    group_size: sizeOf(weights.sharing),
    sym: weights.symmetric,
    data_type: typeOf(weights),
  };
  if (activations === null) return { ...own, act_bits: 16 };
  return {
    ...own,
    act_bits: bitsOf(activations.numbers),
    act_group_size: sizeOf(activations.sharing),
    act_sym: activations.symmetric,
    act_data_type: typeOf(activations),
    act_dynamic: activations.dynamic,
  };
}

function sizeOf(sharing: Sharing): JsonValue {
  if (isGroup(sharing)) return sharing.size;
  if (sharing.by === 'block') return [sharing.rows, sharing.columns];
  return sharing.by === 'tensor' ? 0 : -1;
}

function typeOf({ numbers, scales }: TensorScheme): string {
  if (scales === 'power-of-two') return 'mx_fp';
  if (scales === 'float8') return 'nv_fp';
  return isInt(numbers) ? 'int' : 'fp';
}

/** AutoRound has integers of 2 to 8 bits, float8 (e4m3), float6 (e2m3) and float4 (e2m1), shared in every way. */
export function adaptToAutoRound(scheme: Scheme): AdaptedScheme {
  const tensors = [scheme.weights, ...(scheme.activations === null ? [] : [scheme.activations])];
  const losses: SchemeLoss[] = [];
  const fits = tensors.every(
    ({ numbers, scales }) =>
      (isInt(numbers) && numbers !== 'int1') ||
      numbers === 'float8_e4m3' ||
      (numbers === 'float4_e2m1' && scales !== 'float') ||
      (numbers === 'float6_e2m3' && scales === 'power-of-two'),
  );
  if (fits) return { scheme, losses };
  const message = `AutoRound has nothing for ${describeScheme(scheme)}; such weights stay as they are`;
  return { scheme: null, losses: [{ id: 'scheme-unsupported', severity: 'loss', message }] };
}
