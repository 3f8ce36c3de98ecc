import type { MatchedParameter, Matcher } from './matcher.ts';
import type { Resolution } from './resolution.ts';

/** The verdicts on the parameters of a model, and what became of every key on the way to them. */
export interface KeySurvey {
  /** In the order of the parameters. */
  readonly resolutions: readonly Resolution[];
  /** By entry: how many parameters it decides. */
  readonly decides: readonly number[];
  /** By entry that decides nothing and matches all the same: the entries that decide in its place. */
  readonly shadowing: ReadonlyMap<number, ReadonlySet<number>>;
  /** Entries that match a buffer, which no key selects. */
  readonly buffers: ReadonlySet<number>;
  /** The parameters for which more than one key speaks, ascending. */
  readonly contested: readonly ContestedParameter[];
}

/** A parameter that one key decides and others speak for. */
export interface ContestedParameter {
  readonly index: number;
  /** The entries that do not decide, in no order. */
  readonly others: readonly number[];
}

/**
 * Resolves all parameters of a model and takes down which keys matched besides, asking each name once: with thousands of
 * keys that costs half of resolving first and looking for the others later.
 *
 * @throws InvalidRecipeError when the search reaches a broken pattern, or one that cannot be decided on a name.
 */
export function surveyKeys(matcher: Matcher, parameters: readonly MatchedParameter[]): KeySurvey {
  const decides = new Array<number>(matcher.entries.length).fill(0);
  const shadowing: Map<number, Set<number>> = new Map();
  const buffers: Set<number> = new Set();
  const contested: ContestedParameter[] = [];
  const resolutions = parameters.map((parameter, index) => {
    const { resolution, others } = matcher.survey(parameter);
    if (others.length > 0 && resolution.entry !== -1) contested.push({ index, others });
    const { entry: winner, outcome } = resolution;
    if (outcome === 'config' || outcome === 'null-config') decides[winner] = (decides[winner] ?? 0) + 1;
    for (const entry of others) {
      if (outcome === 'buffer') buffers.add(entry);
      // Nobody asks who shadows a key that decides elsewhere.
      else if (decides[entry] === 0) shadow(shadowing, entry, winner);
    }
    return resolution;
  });
  for (const entry of shadowing.keys()) if ((decides[entry] ?? 0) > 0) shadowing.delete(entry);
  return { resolutions, decides, shadowing, buffers, contested };
}

function shadow(shadowing: Map<number, Set<number>>, entry: number, winner: number): void {
  const by = shadowing.get(entry);
  if (by === undefined) shadowing.set(entry, new Set([winner]));
  else by.add(winner);
}
