import type { CheckpointAdapter, LayoutFile } from '../contracts/checkpoint.ts';
import type { Recipe } from '../recipe/recipe.ts';
import { formatRecipe } from '../recipe/format.ts';
import type { ParameterInfo, StoredTensor } from '../tensor.ts';
import { decide, type Decisions } from './decide.ts';
import { findingsOf } from './findings.ts';
import type { Plan, PlannedInput, PlannedTensor } from './plan.ts';
import { addCopyItems, addQuantizeItems, RANGE_BYTES } from './ranges.ts';
import { PlanRefusedError, type PlanProblem } from './refused.ts';
import { createWorkItems } from './work-items.ts';

/** Bytes of tensor data in one output file unless the caller says otherwise: what transformers writes by default. */
export const DEFAULT_MAX_SHARD_BYTES = 5_000_000_000;

/** What a plan needs beside the decisions. */
export interface PlanOptions {
  /** What the tensors' `shard` counts. */
  readonly inputs: readonly PlannedInput[];
  readonly adapter: CheckpointAdapter;
  /** Default 5 GB. */
  readonly maxShardBytes?: number;
  /** Files to write beside the tensors, whole: a `config.json`. */
  readonly extraFiles?: readonly LayoutFile[];
  /** Input bytes of one work item, as far as blocks allow. Default 1 MiB. */
  readonly rangeBytes?: number;
}

export interface PlanRequest extends PlanOptions {
  /** Tensors with their module and kind, from `deriveParameters`; two may share one place in the input (an untied copy). */
  readonly parameters: readonly (ParameterInfo & StoredTensor)[];
  readonly recipe: Recipe;
}

/**
 * Decides everything that a run will do, from names and shapes alone.
 *
 * @throws PlanRefusedError listing every tensor that its config cannot take.
 * @throws OutputRefusedError for names that the output's loaders would lose.
 * @throws InvalidRecipeError for a key that is no valid Python regular expression.
 */
export function planQuantization({ parameters, recipe, ...options }: PlanRequest): Plan {
  return planDecisions(decide(parameters, recipe), options);
}

/** The same from decisions that were made before. */
export function planDecisions(decisions: Decisions<ParameterInfo & StoredTensor>, options: PlanOptions): Plan {
  const {
    inputs,
    adapter,
    maxShardBytes = DEFAULT_MAX_SHARD_BYTES,
    extraFiles = [],
    rangeBytes = RANGE_BYTES,
  } = options;
  const problems = problemsOf(decisions);
  if (problems.length > 0) throw new PlanRefusedError(problems);

  const layout = adapter.layout(decisions.list, { maxShardBytes });
  const items = createWorkItems();
  const tensors = decisions.list.map(({ parameter, resolution, quantizer }, index): PlannedTensor => {
    if (quantizer === null) addCopyItems(items, parameter, index, rangeBytes);
    else addQuantizeItems(items, parameter, index, quantizer, rangeBytes);
    return { parameter, resolution, configEntry: quantizer === null ? null : resolution.entry };
  });
  return {
    format: 'fewbit-plan/1',
    recipe: formatRecipe(decisions.recipe),
    inputs: inputs.map(({ name, byteLength }) => ({ name, byteLength })),
    tensors,
    outputsOf: layout.outputsOf,
    files: [...layout.files, ...extraFiles],
    items,
    findings: findingsOf(decisions),
  };
}

/** Every tensor that a config reached and cannot take. */
export function problemsOf({ recipe, list }: Decisions): readonly PlanProblem[] {
  const problems: PlanProblem[] = [];
  for (const { parameter, resolution, refusal } of list) {
    const entry = recipe.entries[resolution.entry];
    if (refusal?.verdict !== 'error' || !entry?.config) continue;
    const { reason, hint } = refusal;
    problems.push({ tensor: parameter.name, key: entry.key, config: entry.config.type, reason, hint });
  }
  return problems;
}
