import type { ModuleKind } from '../../src/index.ts';
import type { KnownTensor } from './module-fixtures.ts';

/** Where names and shapes do not tell what the class of a module says. */
export interface KnownLimit {
  readonly why: string;
  readonly families: readonly string[];
  readonly name: RegExp;
  readonly truth: ModuleKind;
  readonly derived: ModuleKind;
  /** The limit is gone when the model type is known. */
  readonly onlyWithoutModelType?: true;
}

export const KNOWN_LIMITS: readonly KnownLimit[] = [];

export function limitFor(
  family: string,
  tensor: KnownTensor,
  derived: ModuleKind,
  hasModelType: boolean,
): KnownLimit | undefined {
  return KNOWN_LIMITS.find(
    (limit) =>
      limit.families.includes(family) &&
      limit.name.test(tensor.name) &&
      limit.truth === tensor.kind &&
      limit.derived === derived &&
      !(hasModelType && limit.onlyWithoutModelType === true),
  );
}
