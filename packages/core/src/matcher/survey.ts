import type { MatchedParameter, Matcher, SurveyedParameter } from './matcher.ts';
import type { Resolution } from './resolution.ts';
import { rememberFamilies } from './families.ts';
import { gatherSiblings, type Siblings } from './siblings.ts';

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
  /** The parameters by the parents of their modules, in their order. */
  readonly siblings: readonly Siblings[];
}

/** A parameter that one key decides and others speak for. */
export interface ContestedParameter {
  readonly index: number;
  /** The entries that do not decide, in no order. */
  readonly others: readonly number[];
}

/**
 * Resolves all parameters of a model and takes down which keys matched besides, asking each name once: with thousands of
 * keys that costs half of resolving first and looking for the others later. Of siblings that are alike, and to whose front the
 * matcher says the same, only the first are asked about.
 *
 * @throws InvalidRecipeError when the search reaches a broken pattern, or one that cannot be decided on a name.
 */
export function surveyKeys(matcher: Matcher, parameters: readonly MatchedParameter[]): KeySurvey {
  const decides = new Array<number>(matcher.entries.length).fill(0);
  const shadowing: Map<number, Set<number>> = new Map();
  const buffers: Set<number> = new Set();
  const contested: ContestedParameter[] = [];
  const resolutions: Resolution[] = [];
  const siblings = gatherSiblings(parameters);
  const once = rememberFamilies<readonly SurveyedParameter[]>(matcher);
  for (const group of siblings) {
    const { first, family } = group;
    const members = once(group, () => parameters.slice(first, first + family.members.length).map(matcher.survey));
    let index = first;
    for (const { resolution, others } of members) {
      resolutions.push(resolution);
      if (others.length > 0 && resolution.entry !== -1) contested.push({ index, others });
      index += 1;
      const { entry: winner, outcome } = resolution;
      if (outcome === 'config' || outcome === 'null-config') decides[winner] = (decides[winner] ?? 0) + 1;
      for (const entry of others) {
        if (outcome === 'buffer') buffers.add(entry);
        // Nobody asks who shadows a key that decides elsewhere.
        else if (decides[entry] === 0) shadow(shadowing, entry, winner);
      }
    }
  }
  for (const entry of shadowing.keys()) if ((decides[entry] ?? 0) > 0) shadowing.delete(entry);
  return { resolutions, decides, shadowing, buffers, contested, siblings };
}

function shadow(shadowing: Map<number, Set<number>>, entry: number, winner: number): void {
  const by = shadowing.get(entry);
  if (by === undefined) shadowing.set(entry, new Set([winner]));
  else by.add(winner);
}
