import type { LintContext } from '../context.ts';
import type { RuleFinding } from '../finding.ts';

/** What `parseRecipe` has warned of under this id, as findings about the recipe as a whole. */
export function textWarnings({ warnings, keys }: LintContext, id: string, help: string): readonly RuleFinding[] {
  return warnings
    .filter((warning) => warning.id === id)
    .map(({ message, key }) => ({
      message,
      entries: keys.filter((each) => key !== undefined && each.key === key).map(({ entry }) => entry),
      help,
    }));
}
