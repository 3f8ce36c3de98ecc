import type { DialectReading, DialectVerdict } from '../contracts/dialect.ts';
import type { Tier } from '../matcher/resolution.ts';
import type { ModuleKind } from '../modules/kind.ts';
import type { Dtype } from '../dtype.ts';
import { explainResolution } from '../matcher/explain.ts';
import { NOT_ASKED, type Decision, type Decisions } from '../plan/decide.ts';
import { byteLength, elementCount, type ParameterInfo } from '../tensor.ts';

/** One tensor of the checkpoint, what the recipe does with it, and why. */
export interface ExplainedTensor {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly module: string;
  readonly kind: ModuleKind;
  /** Which kind of key decided; `none` when no key did. */
  readonly tier: Tier;
  /** The deciding key as written, or null. */
  readonly key: string | null;
  /** The type name of the config that this tensor gets, or null when it is copied. */
  readonly config: string | null;
  readonly bytesBefore: number;
  /** Equal to `bytesBefore` for a copied tensor; null when the plan is refused because of this tensor. */
  readonly bytesAfter: number | null;
  /** Class name of the quantized tensor, or null. */
  readonly tensorClass: string | null;
  /** Why a tensor that is not quantized is not, in words; null for a quantized one. */
  readonly reason: string | null;
  /** True when the config cannot take this tensor, so that no plan can be made. */
  readonly refused: boolean;
  /** The other keys that match, in the order in which they would have been asked, and why each lost. */
  readonly lost: readonly LostKey[];
}

export interface LostKey {
  readonly key: string;
  readonly tier: Tier;
  readonly why: string;
}

/** The whole of a checkpoint under a recipe. */
export interface ExplainedTotals {
  readonly tensors: number;
  readonly quantizedTensors: number;
  /** Elements of all tensors, and of those that get a config. */
  readonly elements: number;
  readonly quantizedElements: number;
  readonly bytesBefore: number;
  /** Of tensor data, headers not counted; refused tensors as they were. */
  readonly bytesAfter: number;
  /** Bits that a quantized element takes on average, its share of scales and zero points included; null when none is. */
  readonly bitsPerQuantizedElement: number | null;
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
  const { recipe, matcher, list } = decisions;
  return list.map((documented, index) => {
    const verdict = reading === null ? null : (reading.verdicts[index] ?? UNREAD);
    const decision = verdict === null ? documented : readBy(verdict, documented, decisions);
    const { parameter, resolution, quantizer, refusal } = decision;
    const { name, dtype, shape, module, kind } = parameter;
    const entry = recipe.entries[resolution.entry];
    const bytesBefore = byteLength(parameter);
    const refused = refusal?.verdict === 'error';
    return {
      name,
      dtype,
      shape,
      module,
      kind,
      tier: resolution.tier,
      key: entry?.key ?? null,
      config: quantizer === null ? null : (entry?.config?.type ?? null),
      bytesBefore,
      bytesAfter: refused ? null : bytesAfter(decision, bytesBefore),
      tensorClass: quantizer?.tensorClass ?? null,
      reason: verdict?.outcome === 'plain' ? verdict.because : reasonOf(decision),
      refused,
      // Asked for only when it is shown: finding every key that matches costs more than finding the one that decides.
      get lost() {
        const { losers } = explainResolution(matcher, parameter);
        return losers.map(({ key, tier, reason }) => ({ key, tier, why: reason }));
      },
    };
  });
}

const UNREAD: DialectVerdict = { outcome: 'plain', entry: -1, because: 'the dialect says nothing about it' };

/** A decision as a dialect would make it. */
function readBy(verdict: DialectVerdict, documented: Decision, { matcher, ask }: Decisions): Decision {
  const { parameter, resolution } = documented;
  const { entry, outcome } = verdict;
  // A dialect names the entry alone; its tier is the one at which the documented reading asks it.
  const tier =
    entry === resolution.entry
      ? resolution.tier
      : (matcher.losers(parameter).find((loser) => loser.entry === entry)?.tier ?? 'none');
  const answer = outcome === 'config' ? ask(entry, parameter) : NOT_ASKED;
  return { parameter, resolution: { tier, entry, outcome: outcome === 'config' ? 'config' : 'no-key' }, ...answer };
}

export function totalsOf(rows: readonly ExplainedTensor[]): ExplainedTotals {
  let [quantizedTensors, elements, quantizedElements, before, after, quantizedBytes] = [0, 0, 0, 0, 0, 0];
  for (const row of rows) {
    const count = elementCount(row.shape);
    const bytes = row.bytesAfter ?? row.bytesBefore;
    elements += count;
    before += row.bytesBefore;
    after += bytes;
    if (row.config === null) continue;
    quantizedTensors += 1;
    quantizedElements += count;
    quantizedBytes += bytes;
  }
  return {
    tensors: rows.length,
    quantizedTensors,
    elements,
    quantizedElements,
    bytesBefore: before,
    bytesAfter: after,
    bitsPerQuantizedElement: quantizedElements === 0 ? null : (quantizedBytes * 8) / quantizedElements,
  };
}

function bytesAfter({ quantizer }: Decision, bytesBefore: number): number {
  if (quantizer === null) return bytesBefore;
  let bytes = 0;
  for (const { dtype, shape, name } of quantizer.components) bytes += byteLength({ name, dtype, shape });
  return bytes;
}

function reasonOf({ parameter, resolution, quantizer, refusal }: Decision): string | null {
  if (quantizer !== null) return null;
  if (refusal !== null) return refusal.hint === undefined ? refusal.reason : `${refusal.reason}. ${refusal.hint}`;
  switch (resolution.outcome) {
    case 'buffer':
      return 'a buffer, which no key selects';
    case 'null-config':
      return 'its key says null: leave alone';
    case 'module-key':
      return `a key of its module speaks only for "weight", not for "${parameter.parameter}"`;
    case 'no-key':
      return noKey(parameter);
    case 'config':
      return 'its config takes no such tensor';
  }
}

function noKey({ kind, parameter }: ParameterInfo): string {
  return kind === 'linear' && parameter === 'weight' ? 'no key matches' : `no key matches (kind ${kind})`;
}
