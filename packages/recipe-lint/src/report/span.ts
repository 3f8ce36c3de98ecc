import type { TextSpan } from '@fewbit/core';
import type { ReadRecipe } from '../edit/apply-edits.ts';
import type { LintFinding } from '../finding.ts';

/** Where a finding is shown: at the key of its first entry, or at the text's beginning. */
export function spanOf({ entries }: LintFinding, { places }: ReadRecipe): TextSpan {
  return places[entries[0] ?? -1]?.key ?? { start: 0, end: 0 };
}
