import {
  decide,
  type Decisions,
  type JsonObject,
  type KeyUse,
  type ParameterInfo,
  type Recipe,
  type Siblings,
} from '@fewbit/core';
import { selectableNames, selectableSamples } from './names.ts';

/** A model's names and shapes, and what the recipe does with them. */
export interface LintModel {
  readonly parameters: readonly ParameterInfo[];
  /** The model's `config.json`; null when there is none. */
  readonly config: JsonObject | null;
  readonly decisions: Decisions;
  /** The parameters by the parents of their modules, in their order. */
  readonly siblings: readonly Siblings[];
  /** What becomes of each key. */
  readonly uses: readonly KeyUse[];
  /** Per entry: the parameters that it decides, as indexes. */
  readonly decided: readonly (readonly number[])[];
  /** Names by which a key selects something: parameters, and modules with a `weight` of their own. */
  readonly selectable: ReadonlySet<string>;
  /** Of the selectable names that differ only in numbers, the first few hundred of each kind. */
  readonly samples: readonly string[];
}

/** @throws InvalidRecipeError for a pattern that cannot be used, or cannot be decided on one of the names. */
export function createLintModel(
  recipe: Recipe,
  parameters: readonly ParameterInfo[],
  config: JsonObject | null,
  decisions: Decisions = decide(parameters, recipe),
): LintModel {
  const { list } = decisions;
  const { siblings } = decisions.survey;
  const decided = once(() => {
    const indexes: number[][] = recipe.entries.map(() => []);
    list.forEach(({ resolution: { entry, outcome } }, index) => {
      if (outcome === 'config' || outcome === 'null-config') indexes[entry]?.push(index);
    });
    return indexes;
  });
  const selectable = once(() => new Set(selectableNames(parameters)));
  const samples = once(() => selectableSamples(parameters, siblings, MOST_OF_A_KIND));
  return {
    parameters,
    config,
    decisions,
    siblings,
    get uses() {
      return decisions.uses;
    },
    get decided() {
      return decided();
    },
    get selectable() {
      return selectable();
    },
    get samples() {
      return samples();
    },
  };
}

// A pattern that names one layer or expert of many is still likely to meet it.
const MOST_OF_A_KIND = 300;

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
