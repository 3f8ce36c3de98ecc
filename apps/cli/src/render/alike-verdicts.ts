import { groupNames, type AlikeNames, type DialectModel, type DialectVerdict } from '@fewbit/core';
import type { DialectComparison, Disagreement } from '@fewbit/dialects';

/** Tensors about which every dialect says the same. */
export interface AlikeVerdicts {
  /** In the order of the dialects; null for one whose run fails. */
  readonly verdicts: readonly (DialectVerdict | null)[];
  /** How many entries decide, by dialect, none counted as one. */
  readonly keys: readonly number[];
  readonly names: readonly string[];
  readonly patterns: readonly AlikeNames[];
}

/**
 * Disagreements by what the dialects say, in order of first appearance.
 *
 * @param identityOf - Equal for verdicts that say the same. Default: each verdict with its key.
 */
export function alikeVerdicts(
  { disagreements }: DialectComparison,
  { parameters }: DialectModel,
  identityOf: (verdict: DialectVerdict) => unknown = (verdict) => verdict,
): readonly AlikeVerdicts[] {
  const known: Map<DialectVerdict | null, number> = new Map();
  const identities: Map<unknown, number> = new Map();
  const numberOf = (verdict: DialectVerdict | null): number => {
    const before = known.get(verdict);
    if (before !== undefined) return before;
    const identity = verdict === null ? null : identityOf(verdict);
    const number = identities.get(identity) ?? identities.size;
    identities.set(identity, number);
    known.set(verdict, number);
    return number;
  };
  const groups: Map<string, Disagreement[]> = new Map();
  for (const disagreement of disagreements) {
    const identity = disagreement.verdicts.map(numberOf).join();
    const group = groups.get(identity);
    if (group === undefined) groups.set(identity, [disagreement]);
    else group.push(disagreement);
  }
  return Array.from(groups.values(), (members) => {
    const names = members.map(({ index }) => parameters[index]?.name ?? '');
    const verdicts = members[0]?.verdicts ?? [];
    const keys = verdicts.map((_, place) => new Set(members.map((member) => member.verdicts[place]?.entry)).size);
    return { verdicts, keys, names, patterns: groupNames(names, () => 0) };
  });
}
