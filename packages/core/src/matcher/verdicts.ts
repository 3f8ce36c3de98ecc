import type { MatcherEntry } from './key-index.ts';
import type { Resolution, Tier } from './resolution.ts';

/** What an entry says at one tier. The objects are made once and shared by all parameters. */
export interface Verdict {
  readonly tier: DecidingTier;
  /** To the parameter that it speaks for: the one that the key names, or the module's `weight`. */
  readonly weight: Resolution;
  /** To the other parameters of a module whose key decided. */
  readonly others: Resolution;
}

export type DecidingTier = Exclude<Tier, 'none'>;

export const BUFFER: Resolution = Object.freeze<Resolution>({ tier: 'none', entry: -1, outcome: 'buffer' });
export const NO_KEY: Resolution = Object.freeze<Resolution>({ tier: 'none', entry: -1, outcome: 'no-key' });

/** By tier, then by entry. */
export function verdictsOf(entries: readonly MatcherEntry[]): Readonly<Record<DecidingTier, readonly Verdict[]>> {
  const at = (tier: DecidingTier): readonly Verdict[] =>
    entries.map(({ config }, entry) => {
      const weight = Object.freeze<Resolution>({ tier, entry, outcome: config === null ? 'null-config' : 'config' });
      // A null says "leave the module alone", and that holds for all of it.
      const others = config === null ? weight : Object.freeze<Resolution>({ tier, entry, outcome: 'module-key' });
      return { tier, weight, others };
    });
  return {
    parameter: at('parameter'),
    module: at('module'),
    'parameter-regex': at('parameter-regex'),
    'module-regex': at('module-regex'),
    default: at('default'),
  };
}
