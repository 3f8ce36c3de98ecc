import type { MatcherEntry } from './key-index.ts';
import { TIERS, type Resolution, type Tier } from './resolution.ts';

/** What an entry says at one tier. */
export interface Verdict {
  /** To the parameter that it speaks for: the one that the key names, or the module's `weight`. */
  readonly weight: Resolution;
  /** To the other parameters of a module whose key decided. */
  readonly others: Resolution;
}

export type DecidingTier = Exclude<Tier, 'none'>;

export const BUFFER: Resolution = Object.freeze<Resolution>({ tier: 'none', entry: -1, outcome: 'buffer' });
export const NO_KEY: Resolution = Object.freeze<Resolution>({ tier: 'none', entry: -1, outcome: 'no-key' });

/** What each entry says at each tier: made when it first decides, and shared by all parameters about which it does. */
export function verdictsOf(entries: readonly MatcherEntry[]): (tier: DecidingTier, entry: number) => Verdict {
  const made: Map<number, Verdict> = new Map();
  return (tier, entry) => {
    const identity = entry * TIERS.length + TIERS.indexOf(tier);
    const known = made.get(identity);
    if (known !== undefined) return known;
    const nothing = entries[entry]?.config === null;
    const weight = Object.freeze<Resolution>({ tier, entry, outcome: nothing ? 'null-config' : 'config' });
    // A null says "leave the module alone", and that holds for all of it.
    const others = nothing ? weight : Object.freeze<Resolution>({ tier, entry, outcome: 'module-key' });
    const verdict: Verdict = { weight, others };
    made.set(identity, verdict);
    return verdict;
  };
}
