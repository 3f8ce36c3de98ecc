import type { Dialect } from '@fewbit/core';
import { createBuiltinDialects } from '@fewbit/dialects';

const BUILTIN: readonly Dialect[] = createBuiltinDialects();

export const DIALECT_NAMES: readonly string[] = BUILTIN.map(({ name }) => name);

/** The dialects of these names, in the order given; undefined for a name that there is not. */
export function dialectsNamed(names: readonly string[]): readonly Dialect[] | undefined {
  const found = names.flatMap((name) => BUILTIN.find((dialect) => dialect.name === name) ?? []);
  return found.length === names.length ? found : undefined;
}

export const allDialects: readonly Dialect[] = BUILTIN;
