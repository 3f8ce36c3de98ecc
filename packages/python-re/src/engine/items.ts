import type { Re } from './expression.ts';

/** The rest of an expression (`elements` from `at` on), and the rank it matches with. */
export interface Item {
  readonly elements: readonly Re[];
  readonly at: number;
  readonly rank: number;
  /** How many items its expression has been written out as. */
  readonly copies: number;
}

/** Items by how they begin. */
export interface Sorted {
  readonly next: Map<number, Item[]>;
  readonly ends: number[];
  /** Behind `.*`. */
  readonly stars: Item[];
  /** Behind `.+`. */
  readonly laterStars: Item[];
  readonly rest: Item[];
}

/** The elements of an expression in sequence. */
export const elementsOf = (re: Re): readonly Re[] => (re.op === 'cat' ? re.items : [re]);

/** Whether an expression tests positions. */
export const hasAssertion = (re: Re): boolean => {
  switch (re.op) {
    case 'assert':
      return true;
    case 'cat':
      return re.items.some(hasAssertion);
    case 'or':
      return re.branches.some(hasAssertion);
    case 'repeat':
      return hasAssertion(re.body);
    case 'set':
      return false;
  }
};
