import type { JsonObject, JsonValue } from '@fewbit/core';
import type { LintContext } from './context.ts';
import type { LintSeverity, RuleFinding } from './finding.ts';

/**
 * One way in which a recipe can be wrong: a plain value, ours and yours alike.
 *
 * @example `lintRecipe({ recipe, parameters, config, rules: [...builtinRules, myRule] })`
 */
export interface LintRule {
  /** Stable, for configuration and programs: `missing-prefix`. */
  readonly id: string;
  readonly severity: LintSeverity;
  /** A few words. */
  readonly title: string;
  /** What goes wrong for somebody who does not heed it, in a few sentences. */
  readonly explanation: string;
  readonly examples: {
    /** Recipes in which the rule finds something. */
    readonly bad: readonly RuleExample[];
    /** Near misses, in which it finds nothing. */
    readonly good: readonly RuleExample[];
  };
  /** Pure. Must not throw for a recipe or a model. */
  readonly check: (context: LintContext) => readonly RuleFinding[];
}

export interface RuleExample {
  /** What makes it bad, or why it is all right. */
  readonly why: string;
  /** Any shape that `parseRecipe` takes. */
  readonly recipe: JsonValue;
  /** Shapes of the model's tensors (BF16) by name, and its `config.json`; none: the recipe alone is judged. */
  readonly model?: { readonly tensors: Readonly<Record<string, readonly number[]>>; readonly config?: JsonObject };
  readonly consumer?: string;
  /** Of a finding in a bad example, the recipe after its fix; absent when there is no fix. */
  readonly fixed?: JsonValue;
}
