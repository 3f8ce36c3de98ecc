import type { DialectReading, DialectVerdict } from '../contracts/dialect.ts';
import type { Dtype } from '../dtype.ts';
import { explainResolution } from '../matcher/explain.ts';
import type { Matcher } from '../matcher/matcher.ts';
import type { Tier } from '../matcher/resolution.ts';
import type { ModuleKind } from '../modules/kind.ts';
import { NOT_ASKED, type Decision, type Decisions } from '../plan/decide.ts';
import type { ParameterInfo } from '../tensor.ts';
import { createFates, type Fate, type Verdict } from './fate.ts';
import type { Outcome } from './reason.ts';

/** One tensor of the checkpoint, what the recipe does with it, and why. */
export interface ExplainedTensor extends Fate {
  readonly name: string;
  readonly module: string;
  /** The other keys that match, in the order in which they would have been asked, and why each lost. */
  readonly lost: readonly LostKey[];
}

export interface LostKey {
  readonly key: string;
  readonly tier: Tier;
  readonly why: string;
}

/** What to explain beside the decisions. */
export interface ExplainDecisionsOptions {
  /** What a dialect makes of the same recipe and parameters, in their order: explained in place of the documented reading. */
  readonly reading?: DialectReading | null;
}

/** Rows for people and programs, in the checkpoint's order. */
export function explainDecisions(
  decisions: Decisions,
  { reading = null }: ExplainDecisionsOptions = {},
): readonly ExplainedTensor[] {
  const { list, matcher, ask } = decisions;
  const fateOf = createFates(decisions);
  if (reading === null) {
    return list.map((decision) => {
      const { parameter, resolution } = decision;
      return new Row(parameter, fateOf(parameter, decision, resolution), matcher);
    });
  }
  const shared = createVerdicts();
  return list.map((decision, index) => {
    const { parameter } = decision;
    const verdict = reading.verdicts[index] ?? UNREAD;
    const answer = verdict.outcome === 'config' ? ask(verdict.entry, parameter) : NOT_ASKED;
    return new Row(parameter, fateOf(parameter, answer, shared(verdict, decision, matcher)), matcher);
  });
}

const UNREAD: DialectVerdict = { outcome: 'plain', entry: -1, because: 'the dialect says nothing about it' };

/** A dialect's verdicts with tier and outcome; equal ones of one object are one object again. */
function createVerdicts(): (verdict: DialectVerdict, decision: Decision, matcher: Matcher) => Verdict {
  const made: Map<DialectVerdict, Verdict[]> = new Map();
  return (verdict, decision, matcher) => {
    const tier = tierOf(verdict, decision, matcher);
    const outcome = outcomeOf(verdict, decision, matcher);
    let known = made.get(verdict);
    if (known === undefined) made.set(verdict, (known = []));
    const same = known.find((one) => one.tier === tier && one.outcome === outcome);
    if (same !== undefined) return same;
    const { entry, because } = verdict;
    const one: Verdict = { tier, entry, outcome, because };
    known.push(one);
    return one;
  };
}

/** A dialect names the entry alone; its tier is the one at which the documented reading asks it. */
function tierOf({ entry }: DialectVerdict, { parameter, resolution }: Decision, matcher: Matcher): Tier {
  if (entry === -1) return 'none';
  if (entry === resolution.entry) return resolution.tier;
  return matcher.losers(parameter).find((loser) => loser.entry === entry)?.tier ?? 'none';
}

function outcomeOf({ outcome, entry }: DialectVerdict, { parameter }: Decision, matcher: Matcher): Verdict['outcome'] {
  if (outcome === 'config') return 'config';
  if (entry === -1) return parameter.kind === 'buffer' ? 'buffer' : 'no-key';
  return matcher.entries[entry]?.config === null ? 'null-config' : 'module-key';
}

/** Holds data, but for `lost`: finding every key that matches costs more than finding the one that decides. */
class Row implements ExplainedTensor {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly module: string;
  readonly kind: ModuleKind;
  readonly tier: Tier;
  readonly key: string | null;
  readonly outcome: Outcome;
  readonly config: string | null;
  readonly summary: string | null;
  readonly tensorClass: string | null;
  readonly elements: number;
  readonly bytesBefore: number;
  readonly bytesAfter: number | null;
  readonly bitsAfter: number | null;
  readonly reason: string | null;
  readonly because: string | null;
  readonly refused: boolean;
  readonly #parameter: ParameterInfo;
  readonly #matcher: Matcher;

  constructor(parameter: ParameterInfo, fate: Fate, matcher: Matcher) {
    this.name = parameter.name;
    this.dtype = fate.dtype;
    this.shape = fate.shape;
    this.module = parameter.module;
    this.kind = fate.kind;
    this.tier = fate.tier;
    this.key = fate.key;
    this.outcome = fate.outcome;
    this.config = fate.config;
    this.summary = fate.summary;
    this.tensorClass = fate.tensorClass;
    this.elements = fate.elements;
    this.bytesBefore = fate.bytesBefore;
    this.bytesAfter = fate.bytesAfter;
    this.bitsAfter = fate.bitsAfter;
    this.reason = fate.reason;
    this.because = fate.because;
    this.refused = fate.refused;
    this.#parameter = parameter;
    this.#matcher = matcher;
  }

  get lost(): readonly LostKey[] {
    const { losers } = explainResolution(this.#matcher, this.#parameter);
    return losers.map(({ key, tier, reason }) => ({ key, tier, why: reason }));
  }
}
