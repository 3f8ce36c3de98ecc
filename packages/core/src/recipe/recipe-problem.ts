import type { TextPosition } from '../json/text-position.ts';

/** One thing that is wrong with a recipe. */
export interface RecipeProblem {
  /** What was seen and what is allowed, as a sentence without a full stop. */
  readonly message: string;
  /** What to do about it, as a sentence. */
  readonly hint?: string;
  /** The recipe's key that it is about; null when it is about the recipe as a whole. */
  readonly key: string | null;
  /** Where in the recipe's text; null for a recipe that was not read from text. */
  readonly position: TextPosition | null;
  /** The error of the config type or of the pattern, which carries more detail. */
  readonly cause?: unknown;
}
