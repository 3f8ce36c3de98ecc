/**
 * Input bytes that one step reads twice. Small: while the second reading computes, the processor fetches ahead no further
 * than some lines, and those are to be the next step's.
 */
const TILE_BYTES: i32 = 1024;

/** Blocks of one step at most, which bounds what a step keeps of each. */
export const TILE_BLOCKS: i32 = 512;

/** Blocks of so many bytes that one step takes: fours, of which parameters are computed at once, or a single long one. */
export function tileBlocks(bytes: i32): i32 {
  const blocks = min(TILE_BLOCKS, TILE_BYTES / bytes);
  return blocks < 4 ? 1 : blocks & ~3;
}
