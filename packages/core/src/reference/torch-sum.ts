/** Elements that PyTorch's CPU kernel adds side by side, whatever the machine's vector width on x86. */
const LANES = 8;
/** Vectors that it adds side by side. */
const ROWS = 4;
/** Depth of its cascade of partial sums. */
const LEVELS = 4;

/**
 * A function that gives the f32 sum of `count` values in the order in which PyTorch's x86 CPU kernel adds a contiguous last
 * dimension, so that the result has its bits: four rows of eight lanes, each a cascade of four levels, then the vectors
 * that are left, the rows, the elements that are left, and the lanes.
 *
 * (ATen's SumKernel. PyTorch may split the sum of one long row among threads, which this does not follow.)
 */
export function createTorchSum(count: number): (values: Float32Array) => number {
  const lanes = count < LANES ? 1 : LANES;
  const vectors = Math.floor(count / lanes);
  const width = ROWS * lanes;
  const size = Math.floor(vectors / ROWS);
  const power = Math.max(4, Math.floor(ceilLog2(size) / LEVELS));
  const step = 2 ** power;
  const mask = step - 1;
  // Level j of the cascade lies at j * width. Storing into it rounds each sum to f32.
  const partial = new Float32Array(LEVELS * width);

  return (values) => {
    partial.fill(0);
    let done = 0;
    while (done + step <= size) {
      for (const end = done + step; done < end; done += 1) addValues(values, done * width, width);
      for (let level = 1; level < LEVELS; level += 1) {
        addPartials(level * width, (level - 1) * width, width);
        partial.fill(0, (level - 1) * width, level * width);
        if ((done & (mask << (level * power))) !== 0) break;
      }
    }
    for (; done < size; done += 1) addValues(values, done * width, width);
    // Below one step the higher levels are still zero.
    for (let level = 1; level < LEVELS && size >= step; level += 1) addPartials(0, level * width, width);

    for (let vector = size * ROWS; vector < vectors; vector += 1) addValues(values, vector * lanes, lanes);
    for (let row = 1; row < ROWS; row += 1) addPartials(0, row * lanes, lanes);

    let sum = 0;
    for (let i = vectors * lanes; i < count; i += 1) sum = Math.fround(sum + (values[i] ?? 0));
    for (let lane = 0; lane < lanes; lane += 1) sum = Math.fround(sum + (partial[lane] ?? 0));
    return sum;
  };

  function addValues(values: Float32Array, from: number, elements: number): void {
    for (let i = 0; i < elements; i += 1) partial[i] = (partial[i] ?? 0) + (values[from + i] ?? 0);
  }

  function addPartials(to: number, from: number, elements: number): void {
    for (let i = 0; i < elements; i += 1) partial[to + i] = (partial[to + i] ?? 0) + (partial[from + i] ?? 0);
  }
}

function ceilLog2(value: number): number {
  return value <= 1 ? 0 : 32 - Math.clz32(value - 1);
}
