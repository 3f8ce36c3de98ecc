/** One who gives the results [M, N] of a layer. */
export interface Compared {
  readonly name: string;
  readonly results: () => Promise<Float32Array>;
}

/**
 * How far results are from those of the first: root mean square over that of the results, by name.
 *
 * @throws Error where that is more than `tolerance`: then they do not compute the same.
 */
export async function compare(
  contenders: readonly Compared[],
  tolerance: number,
): Promise<Readonly<Record<string, number>>> {
  let first: Float32Array | null = null;
  const differences: Record<string, number> = {};
  for (const { name, results } of contenders) {
    const seen = await results();
    first ??= seen;
    const expected = first;
    const squares = (values: Float32Array): number => values.reduce((sum, value) => sum + value * value, 0);
    const difference = Math.sqrt(squares(seen.map((value, at) => value - (expected[at] ?? NaN))) / squares(expected));
    if (!(difference <= tolerance)) throw new Error(`${name} computes something else: off by ${difference}`);
    differences[name] = difference;
  }
  return differences;
}
