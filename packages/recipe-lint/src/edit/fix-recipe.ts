import type { LintFinding } from '../finding.ts';
import { applyEdits, compatibleFixes, type ReadRecipe } from './apply-edits.ts';

export interface FixRequest<Read extends ReadRecipe> {
  readonly text: string;
  /** `parseRecipe` with the caller's registry. */
  readonly read: (text: string) => Read;
  /** `lintRecipe` with the caller's checkpoint and rules. */
  readonly lint: (read: Read) => readonly LintFinding[];
}

export interface FixedRecipe<Read extends ReadRecipe> {
  readonly text: string;
  readonly read: Read;
  /** What is left. */
  readonly findings: readonly LintFinding[];
  /** The findings whose fixes were made, in their order. */
  readonly fixed: readonly LintFinding[];
}

// A fix may bring to light what another finding was hiding; a handful of rounds has always been enough.
const MOST_ROUNDS = 10;

/**
 * Makes every fix that is certain, and those that come to light by it, until none is left.
 *
 * @throws whatever `read` and `lint` throw.
 */
export function fixRecipe<Read extends ReadRecipe>({ text, read, lint }: FixRequest<Read>): FixedRecipe<Read> {
  let [current, parsed] = [text, read(text)];
  let findings = lint(parsed);
  const fixed: LintFinding[] = [];
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const fixes = compatibleFixes(findings.flatMap(({ fix }) => fix ?? []));
    if (fixes.length === 0) break;
    fixed.push(...findings.filter(({ fix }) => fix !== undefined && fixes.includes(fix)));
    current = applyEdits(
      current,
      parsed,
      fixes.flatMap(({ edits }) => edits),
    );
    parsed = read(current);
    findings = lint(parsed);
  }
  return { text: current, read: parsed, findings, fixed };
}
