import type { Config, ConfigType } from '../contracts/config-type.ts';
import { InvalidConfigError } from '../errors.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../json.ts';
import { quote } from '../quote.ts';
import type { Registry } from '../registry.ts';
import { nearestName } from '../nearest-name.ts';

/** The names under which torchao reads a recipe; the first is the one it writes. */
export const RECIPE_TYPES: readonly string[] = ['FqnToConfig', 'ModuleFqnToConfig', 'AOPerModuleConfig'];

/** What reading a config needs of a registry. */
export type ConfigRegistry = Pick<Registry, 'configs'>;

/** A config in torchao's envelope `{"_type", "_version", "_data"}`. */
export function configToJson(config: Config): JsonObject {
  return { _type: config.type, _version: config.version, _data: config.toFields() };
}

/**
 * Reads one config: torchao's envelope `{"_type", "_version", "_data"}`, or the short form
 * `{"type": "Int4WeightOnlyConfig", "group_size": 32}`.
 *
 * An envelope without `_version` means version 1, as in torchao; a short form without `version` the type's current one.
 *
 * @throws InvalidConfigError for an unknown type or version, and for fields that the type refuses.
 * @throws UnsupportedConfigError for fields that torchao takes and this implementation does not.
 */
export function parseConfig(value: JsonValue, registry: ConfigRegistry, where = 'config'): Config {
  if (!isJsonObject(value)) {
    throw new InvalidConfigError({
      message: `a config is written as an object, not as ${kindOf(value)}`,
      where,
      allowed: '{"type": …} with the fields beside it, or torchao\'s {"_type": …, "_version": …, "_data": {…}}',
    });
  }
  const { name, version, fields } = Object.hasOwn(value, '_type') ? envelope(value, where) : shortForm(value, where);
  const type = configType(name, registry, where);
  return type.parse(fields, { version: knownVersion(type, version, where), where });
}

interface WrittenConfig {
  readonly name: string;
  readonly version: { readonly written: JsonValue | undefined; readonly form: 'envelope' | 'short' };
  readonly fields: JsonObject;
}

function envelope(value: JsonObject, where: string): WrittenConfig {
  const { _type: name, _version: written, _data: data, ...others } = value;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) {
    throw new InvalidConfigError({
      message: `${quote(unknown)} does not belong beside "_type"`,
      where,
      allowed: '"_type", "_version" and "_data" only',
      hint: 'Fields go into "_data"; the short form is written with "type".',
    });
  }
  if (typeof name !== 'string') throw badName('_type', name, where);
  if (!isJsonObject(data)) {
    const seen = data === undefined ? 'is missing' : `is ${kindOf(data)}`;
    throw new InvalidConfigError({
      message: `"_data" ${seen}`,
      where,
      allowed: 'an object with the fields of the config',
    });
  }
  return { name, version: { written, form: 'envelope' }, fields: data };
}

function shortForm(value: JsonObject, where: string): WrittenConfig {
  const { type: name, version: written, ...fields } = value;
  if (typeof name !== 'string') throw badName('type', name, where);
  return { name, version: { written, form: 'short' }, fields };
}

function badName(member: string, name: JsonValue | undefined, where: string): InvalidConfigError {
  const message = name === undefined ? 'the config does not say its type' : `"${member}" is ${kindOf(name)}`;
  return new InvalidConfigError({ message, where, allowed: `"${member}": "…" with the name of a config type` });
}

function configType(name: string, registry: ConfigRegistry, where: string): ConfigType {
  const type = registry.configs.get(name);
  if (type !== undefined) return type;
  if (RECIPE_TYPES.includes(name)) {
    throw new InvalidConfigError({
      message: `${name} is a recipe, and a recipe cannot be the config of a key`,
      where,
      hint: 'Write its keys into this recipe.',
    });
  }
  const known = [...registry.configs.keys()];
  const near = nearestName(name, known);
  throw new InvalidConfigError({
    message: `the config type ${quote(name)} is not known here`,
    where,
    allowed: known.length === 0 ? 'a config type of the registry, which has none' : `one of ${known.join(', ')}`,
    ...(near !== null && { hint: `Did you mean ${near}?` }),
  });
}

function knownVersion(type: ConfigType, version: WrittenConfig['version'], where: string): number {
  const { written, form } = version;
  const current = type.versions.at(-1) ?? type.versions[0];
  const meant = written ?? (form === 'envelope' ? 1 : current);
  if (typeof meant === 'number' && type.versions.includes(meant)) return meant;
  const seen = typeof meant === 'number' ? `version ${meant}` : `a version that is ${kindOf(meant)}`;
  throw new InvalidConfigError({
    message:
      written === undefined
        ? `${type.type} without "_version" means version 1, as in torchao`
        : `${type.type} in ${seen}`,
    where,
    allowed: type.versions.length === 1 ? `version ${current}` : `one of the versions ${type.versions.join(', ')}`,
    ...(written === undefined && { hint: `Write "_version": ${current} if that is what you mean.` }),
  });
}

/** What a value is, in words, without its content. */
export function kindOf(value: JsonValue): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
