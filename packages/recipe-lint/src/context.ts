import {
  kindOfKey,
  REGEX_PREFIX,
  type Config,
  type Decisions,
  type Dialect,
  type DialectReading,
  type JsonObject,
  type KeyKind,
  type ParameterInfo,
  type Recipe,
  type RecipeWarning,
} from '@fewbit/core';
import { compile, type Pattern, type PythonVersion } from '@fewbit/python-re';
import type { LintFinding } from './finding.ts';
import { createLintModel, type LintModel } from './model/lint-model.ts';

/** What a rule may look at. Everything that costs is computed when it is first asked for, once for all rules. */
export interface LintContext {
  readonly recipe: Recipe;
  /** The recipe's entries, in order. */
  readonly keys: readonly LintKey[];
  /** Null when the recipe is judged without a checkpoint. */
  readonly model: LintModel | null;
  /** Who is going to read the recipe or its result: `vllm`; null when nobody said. */
  readonly consumer: string | null;
  readonly dialects: readonly Dialect[];
  /** What a dialect makes of the recipe on the model; null without a model. */
  readonly read: (dialect: Dialect) => DialectReading | null;
  /** What reading the recipe's text has found. */
  readonly warnings: readonly RecipeWarning[];
  readonly pythonVersion: PythonVersion | undefined;
  /** What the rules before this one have reported. */
  readonly earlier: readonly LintFinding[];
  /** Says that a check ran out of its budget, and what is unchecked: nobody shall take that for "nothing wrong". */
  readonly cutShort: (what: string) => void;
}

export interface LintKey {
  /** Index in the recipe. */
  readonly entry: number;
  readonly key: string;
  readonly kind: KeyKind;
  readonly config: Config | null;
  /** The compiled pattern of a `re:` key; null for other keys. */
  readonly pattern: Pattern | null;
}

export interface ContextInput {
  readonly recipe: Recipe;
  readonly decisions: Decisions | undefined;
  readonly parameters: readonly ParameterInfo[] | null;
  readonly config: JsonObject | null;
  readonly consumer: string | null;
  readonly dialects: readonly Dialect[];
  readonly warnings: readonly RecipeWarning[];
  readonly pythonVersion: PythonVersion | undefined;
}

/** @throws InvalidRecipeError for a pattern that cannot be used. */
export function createContext(
  input: ContextInput,
  earlier: readonly LintFinding[],
  cutShort: LintContext['cutShort'],
): LintContext {
  const { recipe, parameters, config, consumer, dialects, warnings, pythonVersion } = input;
  const options = pythonVersion === undefined ? {} : { version: pythonVersion };
  const keys = recipe.entries.map((entry, index): LintKey => {
    const kind = kindOfKey(entry.key);
    let pattern: Pattern | null = null;
    return {
      ...entry,
      entry: index,
      kind,
      // Compiled when a rule asks: most rules never look at most keys.
      get pattern() {
        if (kind === 'regex') pattern ??= compile(entry.key.slice(REGEX_PREFIX.length), options);
        return pattern;
      },
    };
  });
  const readings: Map<Dialect, DialectReading> = new Map();
  return {
    recipe,
    keys,
    model: parameters === null ? null : createLintModel(recipe, parameters, config, input.decisions),
    consumer,
    dialects,
    read: (dialect) => {
      if (parameters === null) return null;
      const reading = readings.get(dialect) ?? dialect.read(recipe, { parameters, config });
      readings.set(dialect, reading);
      return reading;
    },
    warnings,
    pythonVersion,
    earlier,
    cutShort,
  };
}
