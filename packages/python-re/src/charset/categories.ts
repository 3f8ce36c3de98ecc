import type { UnicodeTables } from '../unicode/tables.ts';
import { fromCodePoints, negate, type Ranges, range, union } from './ranges.ts';

const UNDERSCORE = range(0x5f, 0x5f);
const ASCII_DIGIT = range(0x30, 0x39);
const ASCII_WORD = union(union(ASCII_DIGIT, UNDERSCORE), union(range(0x41, 0x5a), range(0x61, 0x7a)));
const ASCII_SPACE = fromCodePoints([9, 10, 11, 12, 13, 32]);

/** Letters after the backslash that name a category. */
export type CategoryLetter = 'd' | 'D' | 's' | 'S' | 'w' | 'W';

/** Whether `letter` names a category. */
export const isCategoryLetter = (letter: string): letter is CategoryLetter =>
  letter.length === 1 && 'dDsSwW'.includes(letter);

/** `\w` under the given flag; `\b` uses the same notion. */
export const wordRanges = (ascii: boolean, tables: UnicodeTables): Ranges =>
  ascii ? ASCII_WORD : union(tables.alnum, UNDERSCORE);

/** The characters of `\d`, `\s`, `\w` and their opposites. */
export function categoryRanges(letter: CategoryLetter, ascii: boolean, tables: UnicodeTables): Ranges {
  switch (letter) {
    case 'd':
      return ascii ? ASCII_DIGIT : tables.decimal;
    case 's':
      return ascii ? ASCII_SPACE : tables.space;
    case 'w':
      return wordRanges(ascii, tables);
    case 'D':
      return negate(categoryRanges('d', ascii, tables));
    case 'S':
      return negate(categoryRanges('s', ascii, tables));
    case 'W':
      return negate(categoryRanges('w', ascii, tables));
  }
}
