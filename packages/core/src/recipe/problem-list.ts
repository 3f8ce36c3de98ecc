import { recipeError } from './problem.ts';
import type { RecipeProblem } from './recipe-problem.ts';

// More than anyone reads; a text made of mistakes must not cost a thousand bytes for each of its own.
const MOST_PROBLEMS = 1_000;

/** The problems of a recipe, gathered while the rest of it can still be read. */
export interface ProblemList {
  readonly all: readonly RecipeProblem[];
  /** @throws InvalidRecipeError with all of them when they are too many to go on. */
  readonly add: (problem: RecipeProblem) => void;
}

export function createProblemList(): ProblemList {
  const all: RecipeProblem[] = [];
  return {
    all,
    add: (problem) => {
      all.push(problem);
      if (all.length >= MOST_PROBLEMS) throw recipeError(all, `reading stopped after ${MOST_PROBLEMS}`);
    },
  };
}
