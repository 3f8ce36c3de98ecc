import type { ByteDots } from './layer-memory.ts';
import type { PanelLayout } from './panels.ts';

/**
 * How activations of 8 bits are laid out for the products of a module (assembly/inference/int8-rows.ts), so that they are exact on
 * this engine.
 */
export interface Int8Form {
  /** Codes of a row that one step multiplies. */
  readonly stepCodes: number;
  /** How they lie in a panel. */
  readonly layout: PanelLayout;
  /** Copies of activations: 2 for signs apart from the other bits. */
  readonly planes: number;
  /** Bits of four codes that are inverted. */
  readonly flip: number;
  /** What that adds to each code. */
  readonly offset: number;
  readonly words: string;
}

const FOUR: Pick<Int8Form, 'stepCodes' | 'layout'> = {
  stepCodes: 4,
  layout: { unit: 4, paired: false, flip: 0 },
};

/** 128 is added to each lower byte. */
const PAIRS: Pick<Int8Form, 'stepCodes' | 'layout'> = {
  stepCodes: 2,
  layout: { unit: 1, paired: true, flip: 0x00800080 },
};

export const INT8_FORMS: Readonly<Record<ByteDots, Int8Form>> = {
  none: { ...PAIRS, planes: 1, flip: 0, offset: 0, words: 'activations in 16 bits' },
  'seven bits': { ...FOUR, planes: 2, flip: 0, offset: 0, words: 'activations in two planes' },
  signed: { ...FOUR, planes: 1, flip: 0, offset: 0, words: 'activations in 8 bits' },
  unsigned: { ...FOUR, planes: 1, flip: 0x80808080 | 0, offset: 128, words: 'activations in 8 bits, plus 128' },
};
