import type { Config } from '@fewbit/core';

export type LintSeverity = 'error' | 'warning' | 'note';

/** What a rule has found. */
export interface RuleFinding {
  /** What is wrong, as a sentence without a full stop. */
  readonly message: string;
  /** Indexes of the recipe's entries that it is about; it is shown at the first. Empty: about the recipe as a whole. */
  readonly entries: readonly number[];
  readonly tensors?: InvolvedTensors;
  /** What to do about it, in sentences. */
  readonly help?: string;
  /** Only where it is certain what was meant, or where nothing changes for any tensor. */
  readonly fix?: Fix;
  /** Lower than the rule's, where this case is less grave. */
  readonly severity?: LintSeverity;
  /**
   * What lies behind it. Of several findings with one cause, the one of the rule that comes first in the list is reported.
   * Default: a cause of its own.
   */
  readonly cause?: string;
}

/** The tensors that a finding is about: the first few names, and how many there are in all. */
export interface InvolvedTensors {
  readonly names: readonly string[];
  readonly count: number;
}

/** A finding as `lintRecipe` reports it. */
export interface LintFinding extends Omit<RuleFinding, 'severity' | 'cause'> {
  readonly ruleId: string;
  readonly severity: LintSeverity;
}

/** Changes to a recipe that belong together. */
export interface Fix {
  /** What it does, as an order: `write model.layers.0.mlp.up_proj`. */
  readonly title: string;
  readonly edits: readonly RecipeEdit[];
}

/** One change to a recipe. Entries are indexes in the recipe as it was before any of the changes. */
export type RecipeEdit =
  | { readonly kind: 'rename'; readonly entry: number; readonly key: string }
  | { readonly kind: 'remove'; readonly entry: number }
  | { readonly kind: 'replace'; readonly entry: number; readonly config: Config | null }
  /** A new entry before another one; `before: null` puts it at the end. */
  | { readonly kind: 'insert'; readonly before: number | null; readonly key: string; readonly config: Config | null }
  /** All entries in a new order. */
  | { readonly kind: 'reorder'; readonly order: readonly number[] };

// Enough to see what the tensors have in common.
const NAMED_TENSORS = 3;

export function involve(names: readonly string[]): InvolvedTensors {
  return { names: names.slice(0, NAMED_TENSORS), count: names.length };
}
