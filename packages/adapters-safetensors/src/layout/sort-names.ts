/**
 * The indices of the names in ascending order; equal names keep theirs.
 *
 * @param compare Null for the order of `<`.
 */
export function sortNames(
  names: readonly string[],
  compare: ((left: string, right: string) => number) | null,
): readonly number[] {
  const indices = names.map((_, index) => index);
  if (compare !== null) return indices.sort((left, right) => compare(names[left] ?? '', names[right] ?? ''));
  if (names.every((name, index) => index === 0 || (names[index - 1] ?? '') <= name)) return indices;
  // Sorting strings themselves is several times as fast as calling back for each pair of indices.
  const places: Map<string, number> = new Map();
  const repeated: Map<string, number[]> = new Map();
  names.forEach((name, index) => {
    const first = places.get(name);
    if (first === undefined) places.set(name, index);
    else repeated.set(name, [...(repeated.get(name) ?? [first]), index]);
  });
  if (repeated.size === 0) return [...names].sort().map((name) => places.get(name) ?? 0);
  return [...places.keys()].sort().flatMap((name) => repeated.get(name) ?? places.get(name) ?? 0);
}
