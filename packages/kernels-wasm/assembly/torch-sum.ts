// The f32 sum of a contiguous dimension in the order of PyTorch's x86 CPU kernel, as core's reference backend describes
// it (reference/torch-sum.ts): four rows of eight lanes, each a cascade of four levels.

const LANES: i32 = 8;
const ROWS: i32 = 4;
const LEVELS: i32 = 4;

/** Bytes that torchSum works in. */
export const SUM_SCRATCH: i32 = LEVELS * ROWS * LANES * 4;

/** The sum of `count` values; `partial` holds SUM_SCRATCH bytes. */
export function torchSum(values: usize, count: i32, partial: usize): f32 {
  const lanes = count < LANES ? 1 : LANES;
  const vectors = count / lanes;
  const width = ROWS * lanes;
  const size = vectors / ROWS;
  const power = max(4, ceilLog2(size) / LEVELS);
  const step = 1 << power;
  const mask = step - 1;
  memory.fill(partial, 0, SUM_SCRATCH);

  let done = 0;
  while (done + step <= size) {
    for (const end = done + step; done < end; done++) addTo(partial, values + ((done * width) << 2), width);
    for (let level = 1; level < LEVELS; level++) {
      const below = partial + (((level - 1) * width) << 2);
      addTo(partial + ((level * width) << 2), below, width);
      memory.fill(below, 0, width << 2);
      if ((done & (mask << (level * power))) != 0) break;
    }
  }
  for (; done < size; done++) addTo(partial, values + ((done * width) << 2), width);
  // Below one step the higher levels are still zero.
  for (let level = 1; level < LEVELS && size >= step; level++) addTo(partial, partial + ((level * width) << 2), width);

  for (let vector = size * ROWS; vector < vectors; vector++) addTo(partial, values + ((vector * lanes) << 2), lanes);
  for (let row = 1; row < ROWS; row++) addTo(partial, partial + ((row * lanes) << 2), lanes);

  let sum: f32 = 0;
  for (let i = vectors * lanes; i < count; i++) sum += load<f32>(values + (i << 2));
  for (let lane = 0; lane < lanes; lane++) sum += load<f32>(partial + (lane << 2));
  return sum;
}

function addTo(target: usize, values: usize, elements: i32): void {
  let i = 0;
  for (; i + 4 <= elements; i += 4) {
    v128.store(target + (i << 2), f32x4.add(v128.load(target + (i << 2)), v128.load(values + (i << 2))));
  }
  for (; i < elements; i++) {
    store<f32>(target + (i << 2), load<f32>(target + (i << 2)) + load<f32>(values + (i << 2)));
  }
}

function ceilLog2(value: i32): i32 {
  return value <= 1 ? 0 : 32 - clz(value - 1);
}
