import type { ByteDots } from './layer-memory.ts';

/**
 * How activations of 8 bits are laid out for the products of a module (assembly/inference/int8-rows.ts), so that they are exact on
 * this engine.
 */
export interface Int8Form {
  /** Codes of a row that one step multiplies. */
  readonly stepCodes: number;
  /** Copies of activations: 2 for signs apart from the other bits. */
  readonly planes: number;
  /** Bits of four codes that are inverted. */
  readonly flip: number;
  /** What that adds to each code. */
  readonly offset: number;
  readonly words: string;
}

export const INT8_FORMS: Readonly<Record<ByteDots, Int8Form>> = {
  none: { stepCodes: 2, planes: 1, flip: 0, offset: 0, words: 'activations in 16 bits' },
  'seven bits': { stepCodes: 4, planes: 2, flip: 0, offset: 0, words: 'activations in two planes' },
  signed: { stepCodes: 4, planes: 1, flip: 0, offset: 0, words: 'activations in 8 bits' },
  unsigned: { stepCodes: 4, planes: 1, flip: 0x80808080 | 0, offset: 128, words: 'activations in 8 bits, plus 128' },
};
