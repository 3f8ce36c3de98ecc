/** The middle of how long each call took, in seconds; called until time is up, three times at least. */
export async function medianSeconds(call: (round: number) => unknown, budgetSeconds: number): Promise<number> {
  const times: number[] = [];
  const until = performance.now() + budgetSeconds * 1000;
  for (let round = 0; round < 3 || performance.now() < until; round += 1) {
    const started = performance.now();
    await call(round);
    times.push((performance.now() - started) / 1000);
  }
  return times.sort((left, right) => left - right)[times.length >>> 1] ?? NaN;
}
