// Vectors of one number, read from memory: V8 makes a vector that the compiler knows anew wherever it is used, in three
// instructions, and keeps one that it does not know in a register. Loops take theirs once, before they begin.

const NUMBERS: usize = memory.data<u32>(
  [
    0xffff0000, 0xff800000, 0x47c00000, 0x46400000, 0x4b400000, 0x7fffffff, 0x7fff7fff, 0x8fffe000, 0x77800000, 0x7fff,
    1, 0xff, 0x88888888, 0x0f0f0f0f, 0x000f000f, 0x00f000f0, 0x0f000f00, 0x00ff00ff,
  ],
  16,
);

/** 32 bits: the upper half. */
export function upperHalf(): v128 {
  return v128.load32_splat(NUMBERS);
}

/** 32 bits: sign and exponent of an f32. */
export function powerBits(): v128 {
  return v128.load32_splat(NUMBERS, 4);
}

/** f32: 1.5 * 2^16, and 1.5 * 2^13; see roundLanes. */
export function bf16Rounder(): v128 {
  return v128.load32_splat(NUMBERS, 8);
}

export function f16Rounder(): v128 {
  return v128.load32_splat(NUMBERS, 12);
}

/** f32: 1.5 * 2^23; see integerBits. */
export function integerRounder(): v128 {
  return v128.load32_splat(NUMBERS, 16);
}

/** 32 bits: all but the sign. */
export function magnitude32(): v128 {
  return v128.load32_splat(NUMBERS, 20);
}

/** 16 bits: all but the sign. */
export function magnitude16(): v128 {
  return v128.load32_splat(NUMBERS, 24);
}

/** 32 bits: sign, and what follows it after an f16 in the upper half was shifted by three. */
export function shiftedF16(): v128 {
  return v128.load32_splat(NUMBERS, 28);
}

/** f32: 2^112, by which the exponents of f16 and f32 differ. */
export function exponentStep(): v128 {
  return v128.load32_splat(NUMBERS, 32);
}

/** i32: 0x7fff, a bit less than half of bf16's last place. */
export function belowHalf(): v128 {
  return v128.load32_splat(NUMBERS, 36);
}

/** i32: 1. */
export function one32(): v128 {
  return v128.load32_splat(NUMBERS, 40);
}

/** i32: 255. */
export function lowByte(): v128 {
  return v128.load32_splat(NUMBERS, 44);
}

/** Nibbles: 8, the highest bit. */
export function nibbleOffsets(): v128 {
  return v128.load32_splat(NUMBERS, 48);
}

/** 8 bits: the lower half. */
export function nibbleMask(): v128 {
  return v128.load32_splat(NUMBERS, 52);
}

/** 16 bits: the lowest nibble, and those above it but the highest. */
export function firstNibbles(): v128 {
  return v128.load32_splat(NUMBERS, 56);
}

export function secondNibbles(): v128 {
  return v128.load32_splat(NUMBERS, 60);
}

export function thirdNibbles(): v128 {
  return v128.load32_splat(NUMBERS, 64);
}

/** 16 bits: the lower byte. */
export function lowBytes(): v128 {
  return v128.load32_splat(NUMBERS, 68);
}
