import type { Config } from '../contracts/config-type.ts';

/** An ordered map from key to config, or to null for "leave alone": torchao's FqnToConfig. */
export interface Recipe {
  readonly entries: readonly RecipeEntry[];
}

export interface RecipeEntry {
  /** As written: an FQN, `re:` and a Python regular expression, or `_default`. */
  readonly key: string;
  readonly config: Config | null;
}

/** The key that reaches the weights of linear modules that no other key speaks for. */
export const DEFAULT_KEY = '_default';

/** What makes a key a Python regular expression. */
export const REGEX_PREFIX = 're:';
