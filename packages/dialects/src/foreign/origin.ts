import type { TextPosition } from '@fewbit/core';

/** The entry of a recipe that something comes from. */
export interface Origin {
  /** As a person would point at it: `dynamic "+:.*\.18\..*"`. */
  readonly entry: string;
  /** Where in the text; null for what a system does without being told. */
  readonly position: TextPosition | null;
}
