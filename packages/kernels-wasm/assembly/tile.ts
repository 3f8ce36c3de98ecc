/** Input bytes that one step reads twice: they stay in a processor's first cache. */
const TILE_BYTES: i32 = 16384;

/** Blocks of one step at most, which bounds what a step keeps of each. */
export const TILE_BLOCKS: i32 = 512;

/** Blocks of so many bytes that one step takes: fours, of which parameters are computed at once, or a single long one. */
export function tileBlocks(bytes: i32): i32 {
  const blocks = min(TILE_BLOCKS, TILE_BYTES / bytes);
  return blocks < 4 ? 1 : blocks & ~3;
}
