import { groupNames, type AlikeNames, type DialectModel, type DialectVerdict } from '@fewbit/core';
import type { DialectComparison, Disagreement } from '@fewbit/dialects';

/** Tensors about which every dialect says the same. */
export interface AlikeVerdicts {
  /** In the order of the dialects; null for one whose run fails. */
  readonly verdicts: readonly (DialectVerdict | null)[];
  readonly names: readonly string[];
  readonly patterns: readonly AlikeNames[];
}

/** Disagreements by what the dialects say, in order of first appearance. */
export function alikeVerdicts(
  { disagreements }: DialectComparison,
  { parameters }: DialectModel,
): readonly AlikeVerdicts[] {
  const numbers: Map<DialectVerdict | null, number> = new Map();
  const numberOf = (verdict: DialectVerdict | null): number => {
    const number = numbers.get(verdict) ?? numbers.size;
    numbers.set(verdict, number);
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
    return { verdicts: members[0]?.verdicts ?? [], names, patterns: groupNames(names, () => 0) };
  });
}
