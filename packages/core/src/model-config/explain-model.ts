import type { CheckpointAdapter } from '../contracts/checkpoint.ts';
import type { Dialect, DialectReading } from '../contracts/dialect.ts';
import { explainDecisions, type ExplainedTensor } from '../explain/explain.ts';
import {
  countConfigs,
  countKeys,
  totalsOf,
  type ConfigCount,
  type ExplainedTotals,
  type KeyCount,
} from '../explain/totals.ts';
import type { ModuleTable } from '../modules/table.ts';
import { decide, type Decisions } from '../plan/decide.ts';
import { findingsOf } from '../plan/findings.ts';
import type { Finding } from '../plan/plan.ts';
import { predictFiles, type PredictedFiles } from '../plan/predict.ts';
import type { Recipe } from '../recipe/recipe.ts';
import type { ParameterInfo, StoredTensor } from '../tensor.ts';
import { expertFindings } from './expert-findings.ts';
import { parametersOf, type Model } from './plan-model.ts';

export interface ExplainModelOptions {
  readonly recipe: Recipe;
  /** Lays the output out, to predict its files: for a large model half of the time again. Default: they are not predicted. */
  readonly adapter?: CheckpointAdapter | null;
  /** Default: the names that real families use. */
  readonly table?: ModuleTable;
  /** How to read the recipe. Default: as documented. */
  readonly dialect?: Dialect | null;
}

/** What a recipe does to a checkpoint, and why. */
export interface ModelExplanation {
  /** What the dialect made of the recipe, its failure and hazards included; null for the documented reading. */
  readonly reading: DialectReading | null;
  /** As documented, whatever is explained. */
  readonly decisions: Decisions<ParameterInfo & StoredTensor>;
  /** In the checkpoint's order. */
  readonly tensors: readonly ExplainedTensor[];
  readonly totals: ExplainedTotals;
  readonly configs: readonly ConfigCount[];
  /** In the recipe's order. */
  readonly keys: readonly KeyCount[];
  /** How large the output will be; a string says why there would be none. Null without an adapter, and for a dialect, which we do not write. */
  readonly predicted: PredictedFiles | string | null;
  readonly findings: readonly Finding[];
}

/**
 * Explains a recipe on a checkpoint. Looks at names, dtypes and shapes only, and never refuses: what keeps a plan from being
 * made is part of the explanation.
 *
 * @throws InvalidRecipeError for a key that is no valid Python regular expression, or cannot be decided on a name.
 */
export function explainModel(model: Pick<Model, 'config' | 'tensors'>, options: ExplainModelOptions): ModelExplanation {
  const { recipe, adapter = null, table, dialect = null } = options;
  const parameters = parametersOf(model, model.tensors, table);
  const decisions = decide(parameters, recipe);
  const reading = dialect?.read(recipe, { parameters, config: model.config }) ?? null;
  const tensors = explainDecisions(decisions, { reading });
  return {
    reading,
    decisions,
    tensors,
    totals: totalsOf(tensors),
    configs: countConfigs(tensors),
    keys: countKeys(tensors, decisions.uses),
    predicted: reading === null && adapter !== null ? predictFiles(decisions, { adapter }) : null,
    findings: [...findingsOf(decisions), ...expertFindings(decisions)],
  };
}
