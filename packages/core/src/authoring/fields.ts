import { InvalidConfigError, type FewbitErrorDetails } from '../errors.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../json.ts';

/** Reads the fields of a config, each checked; what is absent takes its default. */
export interface FieldReader {
  /** The value as it stands, or undefined. */
  readonly raw: (name: string) => JsonValue | undefined;
  readonly boolean: (name: string, fallback: boolean) => boolean;
  /** A safe integer within [min, max]. */
  readonly integer: (name: string, fallback: number, min: number, max?: number) => number;
  /** One of `allowed`: bare (`"SYMMETRIC"`) or as torchao writes it (`{"_type": envelope, "_data": "SYMMETRIC"}`). */
  readonly choice: <T extends string>(name: string, fallback: T, allowed: readonly T[], envelope: string) => T;
  /** Like `choice`, or null. */
  readonly optionalChoice: <T extends string>(
    name: string,
    allowed: readonly [T, ...T[]],
    envelope: string,
  ) => T | null;
  /** Throws InvalidConfigError about a field. */
  readonly fail: (name: string, details: Omit<FewbitErrorDetails, 'where'>) => never;
}

/**
 * A reader of a config's fields.
 *
 * @param where - Where in the recipe, for messages.
 * @param names - The fields that there are. Any other is refused, as torchao refuses it.
 * @throws InvalidConfigError here and from each of the reader's functions.
 */
export function readFields(fields: JsonObject, where: string, names: readonly string[]): FieldReader {
  for (const name of Object.keys(fields)) {
    if (!names.includes(name)) {
      throw new InvalidConfigError({
        message: `unknown field ${shown(name)}`,
        where,
        allowed: names.map((known) => `"${known}"`).join(', '),
      });
    }
  }

  const raw = (name: string): JsonValue | undefined => (Object.hasOwn(fields, name) ? fields[name] : undefined);

  const fail = (name: string, details: Omit<FewbitErrorDetails, 'where'>): never => {
    throw new InvalidConfigError({ ...details, where: `${where}.${name}` });
  };

  function choice<T extends string>(name: string, fallback: T, allowed: readonly T[], envelope: string): T {
    const value = raw(name);
    if (value === undefined) return fallback;
    const seen = unwrap(value, envelope);
    const found = allowed.find((member) => member === seen);
    return (
      found ?? fail(name, { message: `${shown(value)} is no ${envelope} for this field`, allowed: allowed.join(', ') })
    );
  }

  return {
    raw,
    fail,
    choice,
    optionalChoice: <T extends string>(name: string, allowed: readonly [T, ...T[]], envelope: string): T | null => {
      const value = raw(name);
      return value === undefined || value === null ? null : choice(name, allowed[0], allowed, envelope);
    },
    boolean: (name, fallback) => {
      const value = raw(name);
      if (value === undefined) return fallback;
      return typeof value === 'boolean'
        ? value
        : fail(name, { message: `saw ${shown(value)}`, allowed: 'true or false' });
    },
    integer: (name, fallback, min, max = Number.MAX_SAFE_INTEGER) => {
      const value = raw(name);
      if (value === undefined) return fallback;
      if (typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max) return value;
      const bound = max === Number.MAX_SAFE_INTEGER ? `of ${min} or more` : `from ${min} to ${max}`;
      return fail(name, { message: `saw ${shown(value)}`, allowed: `an integer ${bound}` });
    },
  };
}

/** The `_data` of `{"_type": envelope, "_data": …}`; any other value as it is. */
export function unwrap(value: JsonValue, envelope: string): JsonValue | undefined {
  if (!isJsonObject(value)) return value;
  return Object.hasOwn(value, '_type') && value._type === envelope && Object.hasOwn(value, '_data')
    ? value._data
    : undefined;
}

/** A value for a message, short whatever it is: a hostile recipe may nest it deeply or make it long. */
export function shown(value: JsonValue | undefined): string {
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (isJsonObject(value)) {
    const type = Object.hasOwn(value, '_type') ? value._type : Object.hasOwn(value, 'type') ? value.type : undefined;
    return typeof type === 'string' ? `an object of type ${shown(type)}` : 'an object';
  }
  if (value === undefined) return 'nothing';
  const text = JSON.stringify(typeof value === 'string' ? value.slice(0, 100) : value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
