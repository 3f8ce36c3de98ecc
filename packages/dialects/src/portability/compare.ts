import type {
  Dialect,
  DialectFailure,
  DialectHazard,
  DialectModel,
  DialectReading,
  DialectVerdict,
  Recipe,
} from '@fewbit/core';
import type { NameSpaceTable } from '../name-spaces/table.ts';
import { createConfigNumbers, fatesOf, type ConfigNumbers, type FateNumber } from './fates.ts';
import { sortedIfItMatters } from './order.ts';

/** What several dialects make of one recipe and model, side by side. */
export interface DialectComparison {
  /** In the order asked for. */
  readonly dialects: readonly ComparedDialect[];
  /** The parameters on which dialects that go through disagree, in the model's order. */
  readonly disagreements: readonly Disagreement[];
  /** True when all of them go through and none disagrees. */
  readonly agree: boolean;
}

export interface ComparedDialect {
  readonly name: string;
  readonly title: string;
  /** Null when the run goes through. */
  readonly failure: DialectFailure | null;
  readonly hazards: readonly DialectHazard[];
  /** What the same recipe with its keys sorted, as transformers saves it, changes in this dialect; null for nothing. */
  readonly sorting: SortingChange | null;
}

export interface SortingChange {
  /** How many parameters come to something else. */
  readonly parameters: number;
  /** The first of them; null when only the failure is another. */
  readonly first: string | null;
  /** Whether the run fails with the keys in one of the two orders alone. */
  readonly failure: boolean;
}

export interface Disagreement {
  /** Place of the parameter in the model. */
  readonly index: number;
  /** In the order of the dialects; null for one whose run fails, since it comes to nothing. */
  readonly verdicts: readonly (DialectVerdict | null)[];
}

export interface CompareOptions {
  /** That of the dialects. Default: `defaultNameSpaceTable`. */
  readonly table?: NameSpaceTable;
}

/**
 * Reads a recipe in several dialects and tells where they come to different things: a config or none, or another config.
 * Equal configs of different keys are no disagreement.
 */
export function compareDialects(
  recipe: Recipe,
  model: DialectModel,
  dialects: readonly Dialect[],
  options: CompareOptions = {},
): DialectComparison {
  const numbers = createConfigNumbers();
  const readings = dialects.map((dialect) => dialect.read(recipe, model));
  const fates = readings.map((reading) => fatesOf(recipe, reading, numbers));
  const going = readings.flatMap(({ failure }, place) => (failure === null ? [place] : []));
  const disagreements: Disagreement[] = [];
  const [first = -1] = going;
  for (let index = 0; index < model.parameters.length; index += 1) {
    const fate = fates[first]?.[index];
    if (going.every((place) => fates[place]?.[index] === fate)) continue;
    const verdicts = readings.map(({ failure, verdicts: list }) => (failure === null ? (list[index] ?? null) : null));
    disagreements.push({ index, verdicts });
  }
  const sorted = sortedIfItMatters(recipe, model, dialects, numbers, options.table);
  const compared = dialects.map((dialect, place): ComparedDialect => {
    const { name, title } = dialect;
    const { failure = null, hazards = [] } = readings[place] ?? {};
    const given = { failure, fates: fates[place] ?? [] };
    const sorting = sorted === null ? null : sortingChange(given, dialect.read(sorted, model), sorted, model, numbers);
    return { name, title, failure, hazards, sorting };
  });
  return { dialects: compared, disagreements, agree: disagreements.length === 0 && going.length === dialects.length };
}

function sortingChange(
  given: { readonly failure: DialectFailure | null; readonly fates: readonly FateNumber[] },
  reading: DialectReading,
  sorted: Recipe,
  { parameters }: DialectModel,
  numbers: ConfigNumbers,
): SortingChange | null {
  const failure = (given.failure === null) !== (reading.failure === null);
  // Where a run fails there is nothing to compare.
  const both = given.failure === null && reading.failure === null;
  const fates = both ? fatesOf(sorted, reading, numbers) : given.fates;
  const changed = fates.flatMap((fate, index) => (fate === given.fates[index] ? [] : [index]));
  const [first] = changed;
  if (first === undefined && !failure) return null;
  return { parameters: changed.length, first: first === undefined ? null : (parameters[first]?.name ?? null), failure };
}
