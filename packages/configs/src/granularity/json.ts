import { InvalidConfigError, isJsonObject, shown, type JsonObject, type JsonValue } from '@fewbit/core';
import type { Granularity } from './granularity.ts';

/**
 * Reads a granularity: as torchao writes it (`{"_type": "PerGroup", "_version": 1, "_data": {"group_size": 32}}`), short
 * (`{"type": "PerGroup", "group_size": 32}`), or by name where nothing else is needed (`"PerRow"`).
 *
 * @throws InvalidConfigError for anything else.
 */
export function granularityFromJson(value: JsonValue, where: string): Granularity {
  const { type, data } = namedParts(value, where);
  switch (type) {
    case 'PerTensor':
      readMembers(data, where, type, []);
      return { type };
    case 'PerRow':
      return { type, dim: readMembers(data, where, type, ['dim']).get('dim') ?? -1 };
    case 'PerAxis':
      return { type, axis: required(readMembers(data, where, type, ['axis']).get('axis'), where, 'axis') };
    case 'PerGroup': {
      const groupSize = required(readMembers(data, where, type, ['group_size']).get('group_size'), where, 'group_size');
      if (groupSize < 1)
        throw new InvalidConfigError({ message: `saw a group size of ${groupSize}`, where, allowed: '1 or more' });
      return { type, groupSize };
    }
    default:
      throw new InvalidConfigError({
        message: `${shown(type)} is no granularity that weights can have here`,
        where,
        allowed: 'PerTensor, PerRow, PerAxis or PerGroup',
      });
  }
}

/** How torchao writes a granularity; without versions inside a checkpoint's metadata. */
export function granularityToJson(granularity: Granularity, { versions }: { readonly versions: boolean }): JsonObject {
  const version: JsonObject = versions ? { _version: 1 } : {};
  return { _type: granularity.type, ...version, _data: membersOf(granularity) };
}

function membersOf(granularity: Granularity): JsonObject {
  switch (granularity.type) {
    case 'PerTensor':
      return {};
    case 'PerRow':
      return { dim: granularity.dim };
    case 'PerAxis':
      return { axis: granularity.axis };
    case 'PerGroup':
      return { group_size: granularity.groupSize };
  }
}

function namedParts(value: JsonValue, where: string): { readonly type: string; readonly data: JsonObject } {
  if (typeof value === 'string') return { type: value, data: {} };
  if (isJsonObject(value)) {
    const { _type, _version, _data, ...surplus } = value;
    if (_type !== undefined) {
      // torchao hands a version other than 1 to a class that has none, which fails.
      if (_version !== undefined && _version !== 1) {
        throw new InvalidConfigError({
          message: `saw version ${shown(_version)} of ${shown(_type)}`,
          where,
          allowed: '1',
        });
      }
      if (typeof _type === 'string' && isJsonObject(_data) && Object.keys(surplus).length === 0) {
        return { type: _type, data: _data };
      }
    } else {
      const { type, ...data } = value;
      if (typeof type === 'string') return { type, data };
    }
  }
  throw new InvalidConfigError({
    message: `saw ${shown(value)}`,
    where,
    allowed: 'a granularity such as "PerRow" or {"type": "PerGroup", "group_size": 32}',
  });
}

function readMembers(
  data: JsonObject,
  where: string,
  type: string,
  names: readonly string[],
): ReadonlyMap<string, number> {
  const members: Map<string, number> = new Map();
  for (const [name, value] of Object.entries(data)) {
    if (!names.includes(name) || typeof value !== 'number' || !Number.isSafeInteger(value)) {
      throw new InvalidConfigError({
        message: `saw ${shown(name)}: ${shown(value)}`,
        where,
        allowed: names.length === 0 ? `no members for ${type}` : `${names.join(', ')}: an integer`,
      });
    }
    members.set(name, value);
  }
  return members;
}

function required(value: number | undefined, where: string, name: string): number {
  if (value === undefined)
    throw new InvalidConfigError({ message: `"${name}" is missing`, where, allowed: `${name}: an integer` });
  return value;
}
