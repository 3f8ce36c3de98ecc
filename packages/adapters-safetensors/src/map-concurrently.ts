/** Maps in order with at most `limit` calls under way. After a failure starts no more, waits for the rest, then throws it. */
export async function mapConcurrently<T, R>(
  values: readonly T[],
  limit: number,
  map: (value: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const rest = values.entries();
  let failed = false;
  const worker = async (): Promise<void> => {
    for (const [index, value] of rest) {
      if (failed) return;
      try {
        results[index] = await map(value, index);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const outcomes = await Promise.allSettled(Array.from({ length: Math.min(limit, values.length) }, worker));
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  return results;
}
