import { FewbitError } from '../errors.ts';

/** One tensor that its config cannot take. */
export interface PlanProblem {
  readonly tensor: string;
  /** The key that gave the config, as written. */
  readonly key: string;
  /** The config's type name. */
  readonly config: string;
  readonly reason: string;
  readonly hint: string | undefined;
}

// Enough to see the pattern of a mistake; a recipe that is wrong for one expert is wrong for ten thousand.
const PROBLEMS_IN_MESSAGE = 10;

/** A plan that cannot be made: every problem at once, before any weight is read. */
export class PlanRefusedError extends FewbitError {
  readonly problems: readonly PlanProblem[];

  constructor(problems: readonly PlanProblem[]) {
    const shown = problems.slice(0, PROBLEMS_IN_MESSAGE).map(describe).join('\n');
    const rest = problems.length - PROBLEMS_IN_MESSAGE;
    const more = rest > 0 ? `\n  … and ${rest} more` : '';
    super('FEWBIT_PLAN_REFUSED', {
      message: `${problems.length} tensor(s) cannot take the config that the recipe gives them:\n${shown}${more}\n`,
      hint: 'Give those tensors another config, or null to leave them alone.',
    });
    this.name = 'PlanRefusedError';
    this.problems = problems;
  }
}

function describe({ tensor, key, config, reason, hint }: PlanProblem): string {
  return `  ${tensor} (key "${key}", ${config}): ${reason}${hint === undefined ? '' : `. ${hint}`}`;
}
