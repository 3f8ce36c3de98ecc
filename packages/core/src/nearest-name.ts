// Counted, not timed, so that the answer is the same everywhere; about a tenth of a second of comparing.
const CELL_BUDGET = 20_000_000;
// A name that long is no slip of the keyboard.
const MAX_LENGTH = 512;

/**
 * The candidate that somebody who wrote `wanted` most likely meant; null when none is close.
 *
 * A candidate that only has more or fewer leading parts (`model.layers.0` for `layers.0`) is the closest. After that
 * counts the number of inserted, deleted and replaced characters, up to a third of the name, or 2; of equals the first wins.
 * Work is bounded: of a very long list only the front is compared.
 */
export function nearestName(wanted: string, candidates: Iterable<string> | readonly string[]): string | null {
  if (wanted === '' || wanted.length > MAX_LENGTH) return null;
  const names = Array.isArray(candidates) ? (candidates as readonly string[]) : [...candidates];
  // Looking at the ends of all names takes less time than comparing a few.
  const end = `.${wanted}`;
  const sameEnd = names.find((candidate) =>
    // The last part alone (`weight`) says too little about which name was meant.
    candidate.length > wanted.length
      ? candidate.endsWith(end)
      : candidate.includes('.') && wanted.endsWith(`.${candidate}`),
  );
  if (sameEnd !== undefined) return sameEnd;
  let best: string | null = null;
  let limit = Math.max(wanted.length < 4 ? 1 : 2, Math.floor(wanted.length / 3)) + 1;
  let budget = CELL_BUDGET;
  for (const candidate of names) {
    if (Math.abs(candidate.length - wanted.length) >= limit) continue;
    budget -= wanted.length * Math.min(candidate.length, 2 * limit);
    if (budget < 0) break;
    const distance = editDistance(wanted, candidate, limit);
    if (distance < limit) [best, limit] = [candidate, distance];
  }
  return best;
}

/** Levenshtein distance, or `limit` when it is at least that. Cells farther than `limit` from the diagonal cannot matter. */
function editDistance(left: string, right: string, limit: number): number {
  let previous = Array.from({ length: right.length + 1 }, (_, column) => Math.min(column, limit));
  for (let row = 1; row <= left.length; row++) {
    const current: number[] = new Array<number>(right.length + 1).fill(limit);
    current[0] = Math.min(row, limit);
    let smallest = row;
    const last = Math.min(right.length, row + limit);
    for (let column = Math.max(1, row - limit); column <= last; column++) {
      const replaced = (previous[column - 1] ?? limit) + (left[row - 1] === right[column - 1] ? 0 : 1);
      const edited = Math.min(previous[column] ?? limit, current[column - 1] ?? limit) + 1;
      const cell = Math.min(replaced, edited, limit);
      current[column] = cell;
      smallest = Math.min(smallest, cell);
    }
    if (smallest >= limit) return limit;
    previous = current;
  }
  return previous[right.length] ?? limit;
}
