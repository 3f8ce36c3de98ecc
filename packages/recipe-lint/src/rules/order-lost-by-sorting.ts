import { quote, REGEX_PREFIX, sameConfig, sortRecipe } from '@fewbit/core';
import { compile, overlaps } from '@fewbit/python-re';
import { endsExclude, plainEnds } from '../model/plain-ends.ts';
import type { LintContext, LintKey } from '../context.ts';
import { involve, type Fix, type RuleFinding } from '../finding.ts';
import type { LintRule } from '../rule.ts';

const INT8 = { type: 'Int8WeightOnlyConfig' };
const INT4 = { type: 'Int4WeightOnlyConfig', group_size: 32 };
const MODEL = { tensors: { 'layers.0.q_proj.weight': [32, 32], 'layers.0.k_proj.weight': [32, 32] } };

export const orderLostBySorting: LintRule = {
  id: 'order-lost-by-sorting',
  severity: 'warning',
  title: 'two patterns depend on their order, which sorting turns around',
  explanation:
    'Among patterns the first that matches decides, and transformers sorts the keys when it saves a config.json. Whoever resolves the saved recipe again, as vLLM does, then gives some tensors another config than they were quantized with.',
  examples: {
    bad: [
      {
        why: 'the backslash sorts before the letter',
        recipe: { 're:.*q_proj': INT4, 're:.*\\..*_proj': INT8 },
        model: MODEL,
        fixed: { 're:.*q_proj': INT4, 're:(?!(?:.*q_proj)\\Z)(?:.*\\..*_proj)': INT8 },
      },
      { why: 'without a checkpoint: some name fits both', recipe: { 're:.*q_proj': INT4, 're:.*\\..*_proj': INT8 } },
    ],
    good: [
      { why: 'in sorted order already', recipe: { 're:.*\\.q_proj': INT4, 're:.*_proj': INT8 }, model: MODEL },
      { why: 'no name fits both', recipe: { 're:.*q_proj': INT4, 're:.*k_proj': INT8 } },
      { why: 'both give the same', recipe: { 're:.*q_proj': INT8, 're:.*\\..*_proj': INT8 }, model: MODEL },
      { why: 'exact keys have no order', recipe: { 'layers.0.q_proj': INT4, 'layers.0.k_proj': INT8 }, model: MODEL },
    ],
  },
  check: (context) => (context.model === null ? inPrinciple(context) : onModel(context)),
};

function onModel({ recipe, keys, model, cutShort }: LintContext): readonly RuleFinding[] {
  const order = sortedOrder(recipe.entries.map(({ key }) => key));
  if (model === null || order === null) return [];
  const place: number[] = [];
  order.forEach((entry, at) => (place[entry] = at));
  const { matcher, list, survey } = model.decisions;
  const firstOfSorted = (name: string): number => {
    const patterns = matcher.matching(name).filter((entry) => keys[entry]?.kind === 'regex');
    return patterns.reduce((first, entry) => ((place[entry] ?? 0) < (place[first] ?? 0) ? entry : first));
  };
  const pairs: Map<string, { before: number; after: number; names: string[] }> = new Map();
  for (const { index } of survey.contested) {
    const decision = list[index];
    // Only the order of patterns can change; the other tiers decide as before.
    if (decision?.resolution.tier !== 'parameter-regex' && decision?.resolution.tier !== 'module-regex') continue;
    const { parameter, resolution } = decision;
    const after = firstOfSorted(resolution.tier === 'parameter-regex' ? parameter.name : parameter.module);
    if (after === resolution.entry) continue;
    if (sameConfig(keys[after]?.config ?? null, keys[resolution.entry]?.config ?? null)) continue;
    if (resolution.outcome === 'module-key') continue;
    const identity = `${resolution.entry},${after}`;
    const pair = pairs.get(identity) ?? { before: resolution.entry, after, names: [] };
    pair.names.push(parameter.name);
    pairs.set(identity, pair);
  }
  if (pairs.size > MOST_PAIRS)
    cutShort(`${pairs.size} pairs of patterns depend on their order; shown are ${MOST_PAIRS}`);
  return [...pairs.values()].slice(0, MOST_PAIRS).map(({ before, after, names }): RuleFinding => {
    const [first, second] = [keys[before], keys[after]];
    const fix = first === undefined || second === undefined ? null : exclude(first, second);
    return {
      message: `${quote(first?.key ?? '')} decides before ${quote(second?.key ?? '')}, and sorted by name it comes after it`,
      entries: [before, after],
      tensors: involve(names),
      help: 'Make the patterns disjoint: sorting keys, as transformers does when it saves, gives these tensors the other config.',
      ...(fix !== null && { fix }),
    };
  });
}

// Enough to see what they have in common.
const MOST_PAIRS = 50;

/** The patterns' entries as sorting would leave all entries; null when it changes the order of no two patterns. */
function sortedOrder(keys: readonly string[]): readonly number[] | null {
  const index = new Map(keys.map((key, entry) => [key, entry]));
  const sorted = sortRecipe({ entries: keys.map((key) => ({ key, config: null })) });
  const order = sorted.entries.map(({ key }) => index.get(key) ?? -1);
  const patterns = order.filter((entry) => keys[entry]?.startsWith(REGEX_PREFIX) === true);
  return patterns.every((entry, at) => at === 0 || (patterns[at - 1] ?? 0) < entry) ? null : order;
}

// Work units for one pair; pairs that are compared, and pairs that are looked at: some tenths of a second in all.
const WORK_OF_ONE = 20_000;
const MOST_COMPARED = 300;
const MOST_LOOKED_AT = 1_000_000;

const names = compile('[^.]+(?:\\.[^.]+)*');

function inPrinciple({ keys, cutShort }: LintContext): readonly RuleFinding[] {
  const order = sortedOrder(keys.map(({ key }) => key));
  if (order === null) return [];
  const place: number[] = [];
  order.forEach((entry, at) => (place[entry] = at));
  const patterns = keys
    .filter(({ kind }) => kind === 'regex')
    .map((key) => ({ key, ends: plainEnds(key.pattern), place: place[key.entry] ?? 0 }));
  const found: RuleFinding[] = [];
  let [compared, lookedAt] = [0, 0];
  for (const [at, second] of patterns.entries()) {
    for (const first of patterns.slice(0, at)) {
      lookedAt += 1;
      if (first.place < second.place || endsExclude(first.ends, second.ends)) continue;
      if (sameConfig(first.key.config, second.key.config)) continue;
      compared += 1;
      if (compared > MOST_COMPARED) break;
      const finding = compare(first.key, second.key);
      if (finding !== null) found.push(finding);
    }
    if (compared <= MOST_COMPARED && lookedAt <= MOST_LOOKED_AT) continue;
    cutShort(`only the first ${at + 1} of ${patterns.length} patterns were compared; a checkpoint decides them all`);
    break;
  }
  return found;
}

function compare(first: LintKey, second: LintKey): RuleFinding | null {
  if (first.pattern === null || second.pattern === null) return null;
  const { answer, example } = overlaps(first.pattern, second.pattern, { among: names, work: WORK_OF_ONE });
  if (answer !== 'yes') return null;
  return {
    message: `${quote(first.key)} decides before ${quote(second.key)}, and sorted by name it comes after it; both match ${quote(example ?? '')}`,
    entries: [first.entry, second.entry],
    help: 'If names of your model fit both, make the patterns disjoint: transformers sorts keys when it saves.',
    severity: 'note',
  };
}

/** The second pattern without what the first one matches: nothing changes as written, and the order no longer counts. */
function exclude(first: LintKey, second: LintKey): Fix | null {
  // Flags have to stand first, and numbers of groups would change.
  const plain = [first, second].every(
    ({ pattern }) => pattern !== null && pattern.syntax.flags === 'u' && pattern.groups === 0,
  );
  if (!plain) return null;
  const [own, other] = [first, second].map(({ key }) => key.slice(REGEX_PREFIX.length));
  const key = `${REGEX_PREFIX}(?!(?:${own ?? ''})\\Z)(?:${other ?? ''})`;
  return { title: `write ${quote(key)}`, edits: [{ kind: 'rename', entry: second.entry, key }] };
}
