import {
  FewbitError,
  quote,
  type Decisions,
  type Dialect,
  type JsonObject,
  type ParameterInfo,
  type Recipe,
  type RecipeWarning,
} from '@fewbit/core';
import type { PythonVersion } from '@fewbit/python-re';
import { createContext } from './context.ts';
import type { LintFinding, LintSeverity, RuleFinding } from './finding.ts';
import type { LintRule } from './rule.ts';
import { builtinRules } from './rules/index.ts';

/** What to lint, and how. */
export interface LintRequest {
  readonly recipe: Recipe;
  /** What `parseRecipe` has found in the recipe's text. */
  readonly warnings?: readonly RecipeWarning[];
  /** The checkpoint's tensors as parameters of modules; null to judge the recipe alone. */
  readonly parameters: readonly ParameterInfo[] | null;
  /** `decide` of these parameters and this recipe, where it was asked already. */
  readonly decisions?: Decisions;
  /** The checkpoint's `config.json`; null when there is none. */
  readonly config?: JsonObject | null;
  /** Who is going to read the recipe or its result: `torchao`, `transformers`, `vllm`, or the name of one of the dialects. */
  readonly consumer?: string;
  /** Readings of the recipe to compare. */
  readonly dialects?: readonly Dialect[];
  /** Default: `builtinRules`. Of two rules that find one cause, the first in the list reports it. */
  readonly rules?: readonly LintRule[];
  /** By rule id; `off` silences a rule. */
  readonly severities?: Readonly<Record<string, LintSeverity | 'off'>>;
  /** The Python whose `re` the patterns are written for. */
  readonly pythonVersion?: PythonVersion;
}

/**
 * Judges a recipe, on the names and shapes of a checkpoint where there is one. Reads no weights.
 *
 * @returns Findings in the order of the recipe's entries; those about the recipe as a whole come first.
 * @throws InvalidRecipeError for a pattern that cannot be used, or cannot be decided on one of the names.
 * @throws FewbitError (`FEWBIT_REGISTRY_INVALID`) for two rules of one id, and for a severity of a rule or a consumer that
 * there is not.
 */
export function lintRecipe(request: LintRequest): readonly LintFinding[] {
  const { rules = builtinRules, severities = {}, parameters, recipe } = request;
  checkRules(rules, severities);
  checkConsumer(request);
  const found: LintFinding[] = [];
  const causes: Set<string> = new Set();
  let current = '';
  const report = (
    ruleId: string,
    severity: LintSeverity,
    { message, entries, tensors, help, fix }: RuleFinding,
  ): void => {
    found.push({
      ruleId,
      severity,
      message,
      entries,
      ...(tensors !== undefined && { tensors }),
      ...(help !== undefined && { help }),
      ...(fix !== undefined && { fix }),
    });
  };
  const context = createContext(
    {
      recipe,
      parameters,
      decisions: request.decisions,
      config: request.config ?? null,
      consumer: request.consumer ?? null,
      dialects: request.dialects ?? [],
      warnings: request.warnings ?? [],
      pythonVersion: request.pythonVersion,
    },
    found,
    (what) => {
      report(current, 'note', { message: `the check was cut short: ${what}`, entries: [] });
    },
  );
  for (const rule of rules) {
    const wanted = Object.hasOwn(severities, rule.id) ? severities[rule.id] : undefined;
    if (wanted === 'off') continue;
    current = rule.id;
    for (const finding of rule.check(context)) {
      if (finding.cause !== undefined && causes.has(finding.cause)) continue;
      if (finding.cause !== undefined) causes.add(finding.cause);
      report(rule.id, wanted ?? finding.severity ?? rule.severity, finding);
    }
  }
  // Stable: the findings of one entry stay in the order of the rules.
  return found.toSorted((left, right) => (left.entries[0] ?? -1) - (right.entries[0] ?? -1));
}

/** Those that the rules know something about. */
const CONSUMERS: readonly string[] = ['torchao', 'transformers', 'vllm'];

/** A slip in the name would leave out what was asked for, and say nothing. */
function checkConsumer({ consumer, dialects = [] }: LintRequest): void {
  const known = [...new Set([...CONSUMERS, ...dialects.map(({ name }) => name)])];
  if (consumer === undefined || known.includes(consumer)) return;
  throw new FewbitError('FEWBIT_REGISTRY_INVALID', {
    message: `the consumer ${quote(consumer)} is not known`,
    allowed: known.join(', '),
  });
}

function checkRules(rules: readonly LintRule[], severities: Readonly<Record<string, unknown>>): void {
  const ids: Set<string> = new Set();
  for (const { id } of rules) {
    if (ids.has(id)) {
      throw new FewbitError('FEWBIT_REGISTRY_INVALID', { message: `two lint rules have the id "${id}"` });
    }
    ids.add(id);
  }
  const unknown = Object.keys(severities).find((id) => !ids.has(id));
  if (unknown !== undefined) {
    throw new FewbitError('FEWBIT_REGISTRY_INVALID', {
      message: `there is no lint rule "${unknown}"`,
      allowed: [...ids].join(', '),
    });
  }
}
