/**
 * The indices of the names in ascending order; equal names keep theirs.
 *
 * @param compare Null for the order of `<`.
 */
export function sortNames(
  names: readonly string[],
  compare: ((left: string, right: string) => number) | null,
): number[] {
  const order = compare ?? compareUnits;
  return names.map((_, index) => index).sort((left, right) => order(names[left] ?? '', names[right] ?? ''));
}

function compareUnits(left: string, right: string): number {
  if (left < right) return -1;
  return left === right ? 0 : 1;
}
