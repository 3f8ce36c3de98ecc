import { reachedBy, refusalFinding, refusedGroups, type RefusedGroup } from '../model/refusals.ts';
import type { LintRule } from '../rule.ts';

const INT4 = { type: 'Int4WeightOnlyConfig', group_size: 64 };
const INTX = { type: 'IntxWeightOnlyConfig', weight_dtype: 'int4', granularity: { type: 'PerGroup', group_size: 64 } };

export const groupDoesNotDivide: LintRule = {
  id: 'group-does-not-divide',
  severity: 'error',
  title: 'groups do not divide the dimension that they cut',
  explanation:
    'A group size has to divide the last dimension of each weight. Where it does not, most configs raise an error in the middle of the job; Int4WeightOnlyConfig leaves the weight as it is, without a word.',
  examples: {
    bad: [
      { why: 'left as it is', recipe: { q: INT4 }, model: { tensors: { 'q.weight': [8, 96] } } },
      { why: 'refused', recipe: { q: INTX }, model: { tensors: { 'q.weight': [8, 96] } } },
    ],
    good: [
      { why: 'it divides', recipe: { q: INT4 }, model: { tensors: { 'q.weight': [96, 128] } } },
      {
        why: 'rows have no groups',
        recipe: { q: { type: 'Int8WeightOnlyConfig' } },
        model: { tensors: { 'q.weight': [8, 96] } },
      },
    ],
  },
  check: (context) =>
    refusedGroups(context)
      .filter(({ kind }) => kind === 'groups')
      .map((group) => {
        const extents = extentsOf(group);
        const what = group.verdict === 'leave' ? 'leaves as they are' : 'cannot take';
        const message = `groups of ${group.groupSize ?? 0} in ${reachedBy(group, context)} do not divide ${extents.join(', ')}, so it ${what} ${group.decisions.length} tensor(s)`;
        return refusalFinding(group, message, advice(extents, group.groupSize ?? 0));
      }),
};

function extentsOf({ decisions }: RefusedGroup): readonly number[] {
  return [...new Set(decisions.map(({ parameter: { shape } }) => shape.at(-1) ?? 0))].sort(
    (left, right) => left - right,
  );
}

function advice(extents: readonly number[], groupSize: number): string {
  const common = extents.reduce(greatestCommonDivisor, 0);
  const sizes: number[] = [];
  for (let size = 2; size <= common && sizes.length < 16; size *= 2) if (common % size === 0) sizes.push(size);
  const usual = sizes.filter((size) => size >= 16);
  const shown = usual.length > 0 ? usual : sizes;
  const other = 'Or give these tensors null or a config per row, in a key that comes first.';
  if (shown.length === 0) return `No power of two divides ${extents.length === 1 ? 'it' : 'all of them'}. ${other}`;
  const near = shown.filter((size) => size <= groupSize * 4);
  return `Group sizes that do: ${(near.length > 0 ? near : shown).join(', ')}. ${other}`;
}

function greatestCommonDivisor(left: number, right: number): number {
  let [a, b] = [left, right];
  while (b !== 0) [a, b] = [b, a % b];
  return a;
}
