// A double of this size has a spacing of 1, so that adding it rounds to an integer, half to even.
const INTEGER_ROUNDER = 1.5 * 2 ** 52;

/** Rounds to the nearest integer, half to even (`Math.round` goes up at a half). Exact for |value| < 2^51; keeps NaN and infinities. */
export function roundHalfEven(value: number): number {
  return value + INTEGER_ROUNDER - INTEGER_ROUNDER;
}
