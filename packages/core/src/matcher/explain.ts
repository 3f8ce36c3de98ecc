import { quote } from '../quote.ts';
import { kindOfKey, type MatcherEntry } from './key-index.ts';
import type { MatchedParameter, Matcher } from './matcher.ts';
import type { LosingKey, Resolution, Tier } from './resolution.ts';

/** One parameter's verdict in words. */
export interface Explanation {
  readonly resolution: Resolution;
  /** The deciding key as written; null when none decided. */
  readonly key: string | null;
  /** One sentence without a full stop: what happens to the parameter, and which key says so. */
  readonly text: string;
  /** The other keys that match, in the order in which they would have been asked. */
  readonly losers: readonly LosingExplanation[];
}

export interface LosingExplanation extends LosingKey {
  readonly key: string;
  /** Why the key did not decide. */
  readonly reason: string;
}

/** What each tier's key is called in a sentence. */
export const TIER_WORDS: Readonly<Record<Tier, string>> = {
  parameter: 'exact key of the parameter',
  module: 'exact key of the module',
  'parameter-regex': "regular expression that matches the parameter's name",
  'module-regex': "regular expression that matches the module's name",
  default: 'default for the weights of linear modules',
  none: 'no key',
};

/**
 * Says in words which key decided about a parameter, at which tier, and why every other matching key lost.
 *
 * @param describe Words for a config; by default its `summary`, where it has one.
 * @throws InvalidRecipeError when the search reaches a broken pattern.
 */
export function explainResolution<Entry extends MatcherEntry>(
  matcher: Matcher<Entry>,
  parameter: MatchedParameter,
  describe: (config: unknown) => string = summaryOf,
): Explanation {
  const resolution = matcher.resolve(parameter);
  const entry = matcher.entries[resolution.entry];
  const config: Entry['config'] = entry?.config;
  const words = config === undefined || config === null ? '' : describe(config);
  return {
    resolution,
    key: entry?.key ?? null,
    text: verdictText(resolution, parameter, entry?.key ?? '', words, matcher),
    losers: matcher.losers(parameter).map((loser) => ({
      ...loser,
      key: matcher.entries[loser.entry]?.key ?? '',
      reason: whyLost(loser, resolution),
    })),
  };
}

function verdictText(
  { tier, outcome }: Resolution,
  { parameter, module, kind }: MatchedParameter,
  key: string,
  config: string,
  matcher: Matcher,
): string {
  const by = `${quote(key)}, ${TIER_WORDS[tier]}${tier.startsWith('module') ? ` ${quote(module)}` : ''}`;
  switch (outcome) {
    case 'config':
      return `gets ${config} from ${by}`;
    case 'null-config':
      return `left alone: null from ${by}`;
    case 'module-key':
      return `left alone: ${by}, decides, and it speaks only for weight, not for ${parameter}`;
    case 'buffer':
      return 'left alone: a buffer, which no key selects';
    case 'no-key': {
      const hasDefault = matcher.entries.some((entry) => kindOfKey(entry.key) === 'default');
      return hasDefault
        ? `left alone: no key matches, and _default reaches only the weights of linear modules, not the ${parameter} of kind ${kind}`
        : 'left alone: no key matches';
    }
  }
}

function whyLost(loser: LosingKey, winner: Resolution): string {
  if (loser.tier === winner.tier) return 'written later: the first regular expression that matches decides';
  if (loser.tier === 'default') return '_default is asked only when no other key matches';
  switch (winner.tier) {
    case 'parameter':
      return loser.tier === 'module'
        ? 'an exact key of the parameter beats an exact key of its module'
        : 'an exact key of the parameter beats a regular expression';
    case 'module':
      return 'an exact key of the module beats a regular expression';
    case 'parameter-regex':
      return "a regular expression that matches the parameter's name beats one that matches only the module's";
    case 'module-regex':
    case 'default':
    case 'none':
      return 'asked later';
  }
}

function summaryOf(config: unknown): string {
  return typeof config === 'object' && config !== null && 'summary' in config && typeof config.summary === 'string'
    ? config.summary
    : 'its config';
}
