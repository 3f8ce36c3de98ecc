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
  const makeFate = createFates(decisions);
  const shared: Shared = { matcher };
  if (reading === null) {
    return list.map((decision) => {
      const { parameter, resolution } = decision;
      return new Row(parameter, makeFate(parameter, decision, resolution), shared);
    });
  }
  const verdictOf = createVerdicts();
  return list.map((decision, index) => {
    const { parameter } = decision;
    const verdict = reading.verdicts[index] ?? UNREAD;
    const answer = verdict.outcome === 'config' ? ask(verdict.entry, parameter) : NOT_ASKED;
    return new Row(parameter, makeFate(parameter, answer, verdictOf(verdict, decision, matcher)), shared);
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

/** What all rows of one explanation share. */
interface Shared {
  readonly matcher: Matcher;
}

/**
 * Refers to its fate, as most rows share theirs with thousands: a copy of its fields in each would be 20 MB for a model of
 * 92,000 tensors, read by everybody who counts.
 */
class Row implements ExplainedTensor {
  readonly #parameter: ParameterInfo;
  readonly #fate: Fate;
  readonly #shared: Shared;

  constructor(parameter: ParameterInfo, fate: Fate, shared: Shared) {
    this.#parameter = parameter;
    this.#fate = fate;
    this.#shared = shared;
  }

  static fateOf(row: ExplainedTensor): Fate {
    return #fate in row ? row.#fate : row;
  }

  get name(): string {
    return this.#parameter.name;
  }

  get module(): string {
    return this.#parameter.module;
  }

  get dtype(): Dtype {
    return this.#fate.dtype;
  }

  get shape(): readonly number[] {
    return this.#fate.shape;
  }

  get kind(): ModuleKind {
    return this.#fate.kind;
  }

  get tier(): Tier {
    return this.#fate.tier;
  }

  get key(): string | null {
    return this.#fate.key;
  }

  get outcome(): Outcome {
    return this.#fate.outcome;
  }

  get config(): string | null {
    return this.#fate.config;
  }

  get summary(): string | null {
    return this.#fate.summary;
  }

  get tensorClass(): string | null {
    return this.#fate.tensorClass;
  }

  get elements(): number {
    return this.#fate.elements;
  }

  get bytesBefore(): number {
    return this.#fate.bytesBefore;
  }

  get bytesAfter(): number | null {
    return this.#fate.bytesAfter;
  }

  get bitsAfter(): number | null {
    return this.#fate.bitsAfter;
  }

  get reason(): string | null {
    return this.#fate.reason;
  }

  get because(): string | null {
    return this.#fate.because;
  }

  get refused(): boolean {
    return this.#fate.refused;
  }

  get lost(): readonly LostKey[] {
    const { losers } = explainResolution(this.#shared.matcher, this.#parameter);
    return losers.map(({ key, tier, reason }) => ({ key, tier, why: reason }));
  }

  /** All but `lost`, which takes a search among all keys. */
  toJSON(): Omit<ExplainedTensor, 'lost'> {
    const { name, module } = this.#parameter;
    return { name, module, ...this.#fate };
  }
}

/** What a row is and becomes, all but its name: mostly one object for rows that are alike, so that it can be counted for all. */
export function fateOf(row: ExplainedTensor): Fate {
  return Row.fateOf(row);
}
