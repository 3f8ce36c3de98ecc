import { InvalidRecipeError } from '../errors.ts';
import { quote } from '../quote.ts';
import type { TextPosition } from '../json/text-position.ts';
import type { RecipeProblem } from './recipe-problem.ts';

// Enough to see the pattern of a mistake. All problems are in the error's `problems`.
const PROBLEMS_IN_MESSAGE = 10;

/**
 * One error for all problems of a recipe, in the order of the text.
 *
 * @param remark Anything else to say about them all.
 */
export function recipeError(found: readonly RecipeProblem[], remark?: string): InvalidRecipeError {
  const problems = [...found].sort((left, right) => comparePositions(left.position, right.position));
  const [first] = problems;
  if (first !== undefined && problems.length === 1) {
    const { message, hint, cause } = first;
    const where = placeOf(first);
    return new InvalidRecipeError({
      message,
      problems,
      ...(where !== '' && { where }),
      ...(hint !== undefined && { hint }),
      ...(cause !== undefined && { cause }),
    });
  }
  const shown = problems.slice(0, PROBLEMS_IN_MESSAGE).map((problem) => `\n  ${describeProblem(problem)}`);
  const rest = problems.length - PROBLEMS_IN_MESSAGE;
  if (rest > 0) shown.push(`\n  … and ${rest} more`);
  return new InvalidRecipeError({
    message: `the recipe has ${problems.length} problems${remark === undefined ? '' : `; ${remark}`}`,
    hint: `They are:${shown.join('')}`,
    problems,
    cause: first?.cause,
  });
}

/** A problem in one line: `recipe 3:5 key "lm_head": …`. */
export function describeProblem(problem: RecipeProblem): string {
  const place = placeOf(problem);
  const advice = problem.hint === undefined ? '' : ` ${problem.hint}`;
  return `${place === '' ? '' : `${place}: `}${problem.message}.${advice}`;
}

function placeOf({ key, position }: RecipeProblem): string {
  const place = position === null ? '' : `recipe ${position.line}:${position.column} `;
  const subject = key === null ? '' : `key ${quote(key)}`;
  return `${place}${subject}`.trim();
}

function comparePositions(left: TextPosition | null, right: TextPosition | null): number {
  if (left === null || right === null) return Number(right === null) - Number(left === null);
  return left.line - right.line || left.column - right.column;
}
