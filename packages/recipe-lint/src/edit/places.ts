/** A piece of a text, in UTF-16 units. */
export interface TextSpan {
  readonly start: number;
  /** One past the last. */
  readonly end: number;
}

/** Where an entry stands in a recipe's text. */
export interface EntryPlace {
  /** With its quotes. */
  readonly key: TextSpan;
  readonly value: TextSpan;
}

/** Where all entries stand. */
export interface RecipePlaces {
  /** In the order of the recipe's entries. */
  readonly places: readonly EntryPlace[];
  /** The same entries in the second map that torchao writes, also in the order of the recipe's entries; null without one. */
  readonly repeatedPlaces: readonly EntryPlace[] | null;
}
