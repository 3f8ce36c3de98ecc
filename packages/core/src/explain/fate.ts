import type { Dtype } from '../dtype.ts';
import type { Resolution, Tier } from '../matcher/resolution.ts';
import { kindOfKey } from '../matcher/key-index.ts';
import type { ModuleKind } from '../modules/kind.ts';
import type { Answer, Decisions } from '../plan/decide.ts';
import { looksTheSame } from '../plan/look.ts';
import { byteLength, elementCount, type ParameterInfo } from '../tensor.ts';
import { reasonOf, type Outcome } from './reason.ts';

/** What a tensor is and becomes, all but its name: one object for all tensors that look alike and meet the same key. */
export interface Fate {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly kind: ModuleKind;
  /** Which kind of key decided; `none` when no key did. */
  readonly tier: Tier;
  /** The deciding key as written, or null. */
  readonly key: string | null;
  readonly outcome: Outcome;
  /** The type name of the config that this tensor gets, or null when it is copied. */
  readonly config: string | null;
  /** The config in a few words (`int4, groups of 32`), or null. */
  readonly summary: string | null;
  /** Class name of the quantized tensor, or null. */
  readonly tensorClass: string | null;
  readonly elements: number;
  readonly bytesBefore: number;
  /** Equal to `bytesBefore` for a copied tensor; null when the plan is refused because of this tensor. */
  readonly bytesAfter: number | null;
  /** Bits for each element after, its share of scales and zero points included; null for no elements, or when refused. */
  readonly bitsAfter: number | null;
  /** Why a tensor that is not quantized is not, in words; null for a quantized one. */
  readonly reason: string | null;
  /** The rule of the dialect that decides, in words; null unless a dialect's reading is explained. */
  readonly because: string | null;
  /** True when the config cannot take this tensor, so that no plan can be made. */
  readonly refused: boolean;
}

/** Who decides about a tensor: a resolution, or one that a dialect's rule gave. */
export interface Verdict extends Resolution {
  readonly because?: string;
}

// Of each verdict; a model's layers repeat a handful of shapes in turn.
const REMEMBERED_FATES = 32;

interface Known extends Answer {
  readonly parameter: ParameterInfo;
  readonly fate: Fate;
}

/** Gives the fate of each tensor. Tensors that look the same under one verdict (one object) mostly share it. */
export function createFates({
  recipe,
}: Pick<Decisions, 'recipe'>): (parameter: ParameterInfo, answer: Answer, verdict: Verdict) => Fate {
  const hasDefault = recipe.entries.some(({ key }) => kindOfKey(key) === 'default');
  const known: Map<Verdict, Known[]> = new Map();
  return (parameter, answer, verdict) => {
    let fates = known.get(verdict);
    if (fates === undefined) known.set(verdict, (fates = []));
    const { quantizer, refusal } = answer;
    for (const one of fates) {
      if (one.quantizer === quantizer && one.refusal === refusal && looksTheSame(one.parameter, parameter)) {
        return one.fate;
      }
    }
    const fate = makeFate(parameter, answer, verdict);
    fates.unshift({ parameter, quantizer, refusal, fate });
    fates.length = Math.min(fates.length, REMEMBERED_FATES);
    return fate;
  };

  function makeFate(parameter: ParameterInfo, answer: Answer, { tier, entry, outcome, because }: Verdict): Fate {
    const { quantizer, refusal } = answer;
    const deciding = recipe.entries[entry];
    const what: Outcome = outcome === 'config' ? outcomeOf(answer) : outcome;
    const refused = what === 'refused';
    const { dtype, shape, kind } = parameter;
    const elements = elementCount(shape);
    const bytesBefore = byteLength(parameter);
    const bytesAfter = refused
      ? null
      : (quantizer?.components.reduce((sum, one) => sum + byteLength(one), 0) ?? bytesBefore);
    return {
      dtype,
      shape,
      kind,
      tier,
      key: deciding?.key ?? null,
      outcome: what,
      config: quantizer === null ? null : (deciding?.config?.type ?? null),
      summary: quantizer === null ? null : (deciding?.config?.summary ?? null),
      tensorClass: quantizer?.tensorClass ?? null,
      elements,
      bytesBefore,
      bytesAfter,
      bitsAfter: bytesAfter === null || elements === 0 ? null : (bytesAfter * 8) / elements,
      reason: outcome !== 'config' && because !== undefined ? because : reasonOf(what, parameter, refusal, hasDefault),
      because: because ?? null,
      refused,
    };
  }
}

function outcomeOf({ quantizer, refusal }: Answer): Outcome {
  if (quantizer !== null) return 'quantized';
  return refusal?.verdict === 'error' ? 'refused' : 'left-as-is';
}
