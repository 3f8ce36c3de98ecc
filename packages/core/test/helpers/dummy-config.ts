import type { Config, ConfigType } from '../../src/contracts/config-type.ts';
import { FewbitError, InvalidConfigError, UnsupportedConfigError } from '../../src/errors.ts';
import type { JsonObject } from '../../src/json.ts';
import { createRegistry, type Registry } from '../../src/registry.ts';

/** A config type with one field, `level`, a whole number from 0 to 9: 0 to 7 are taken, 8 and 9 are not supported. */
export function dummyType(type: string, versions: ConfigType['versions'] = [1]): ConfigType {
  return {
    type,
    versions,
    tensorClasses: [],
    parse: (fields, { version, where }) => {
      for (const name of Object.keys(fields)) {
        if (name !== 'level')
          throw new InvalidConfigError({ message: `unknown field ${JSON.stringify(name)}`, where, allowed: '"level"' });
      }
      const level = Object.hasOwn(fields, 'level') ? fields.level : 4;
      if (typeof level !== 'number' || !Number.isInteger(level) || level < 0 || level > 9) {
        throw new InvalidConfigError({
          message: '"level" is out of range',
          where,
          allowed: 'a whole number from 0 to 9',
        });
      }
      if (level > 7) throw new UnsupportedConfigError({ message: `level ${level}`, where, hint: 'Use at most 7.' });
      return dummyConfig(type, level, version);
    },
  };
}

/** The config that `dummyType` parses. */
export function dummyConfig(type: string, level = 4, version = 1): Config {
  return {
    type,
    version,
    summary: `${type} at level ${level}`,
    toFields: (): JsonObject => ({ level }),
    accept: () => ({ verdict: 'quantize' }),
    quantizer: () => {
      throw new FewbitError('FEWBIT_CONFIG_UNSUPPORTED', { message: 'a dummy config quantizes nothing' });
    },
  };
}

/** `Alpha` in version 1, `Beta` in versions 1 and 2, `Gamma` in version 2 only. */
export const dummyRegistry: Registry = createRegistry({
  configs: [dummyType('Alpha'), dummyType('Beta', [1, 2]), dummyType('Gamma', [2])],
});
