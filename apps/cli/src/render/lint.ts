import { locator, type ParsedRecipe, type TextPosition } from '@fewbit/core';
import { spanOf, type LintFinding, type LintRule, type LintSeverity } from '@fewbit/recipe-lint';
import { codeFrame } from './code-frame.ts';
import { styleOf, type Style } from './style.ts';
import { printable } from './table.ts';
import { countText } from './count.ts';

/** A recipe after it was judged, and after its fixes where these were asked for. */
export interface LintOutcome {
  readonly recipe: string;
  readonly checkpoint: string | null;
  readonly text: string;
  readonly read: ParsedRecipe;
  readonly findings: readonly LintFinding[];
  readonly fixed: readonly LintFinding[];
}

export interface LintTotals {
  readonly errors: number;
  readonly warnings: number;
  readonly notes: number;
}

export function totalsOf(findings: readonly LintFinding[]): LintTotals {
  const count = (severity: LintSeverity): number => findings.filter((finding) => finding.severity === severity).length;
  return { errors: count('error'), warnings: count('warning'), notes: count('note') };
}

const STYLES: Readonly<Record<LintSeverity, 'bad' | 'warn' | 'note'>> = { error: 'bad', warning: 'warn', note: 'note' };

/** Findings of one rule that a person is shown unless told otherwise. */
export const MOST_OF_A_RULE = 20;

/** What a person is shown, and how. */
export interface LintView {
  readonly color: boolean;
  /** The most findings of one rule; 0 for all. A recipe for another model has thousands. */
  readonly limit: number;
}

/** `file:line:column severity rule-id message`, the place in the text, and what to do. */
export function lintText(outcome: LintOutcome, { color, limit }: LintView): string {
  const style = styleOf(color);
  const { findings, fixed } = outcome;
  const positionOf = locator(outcome.text);
  const counts: Map<string, number> = new Map();
  const blocks = findings.flatMap((finding) => {
    const count = (counts.get(finding.ruleId) ?? 0) + 1;
    counts.set(finding.ruleId, count);
    return limit > 0 && count > limit ? [] : [block(finding, outcome, { style, positionOf })];
  });
  for (const [rule, count] of counts)
    if (limit > 0 && count > limit)
      blocks.push(`… and ${countText(count - limit)} more of ${printable(rule)} (--limit 0 shows all)\n\n`);
  const done = fixed.map(({ ruleId, fix }) => `fixed ${ruleId}: ${printable(fix?.title ?? '')}\n`);
  return [...blocks, ...done, done.length > 0 ? '\n' : '', summary(findings)].join('');
}

interface Page {
  readonly style: Style;
  readonly positionOf: (offset: number) => TextPosition;
}

function block(finding: LintFinding, { recipe, text, read }: LintOutcome, { style, positionOf }: Page): string {
  const { severity, ruleId, message, entries, tensors, help, fix } = finding;
  const span = spanOf(finding, read);
  const position = positionOf(span.start);
  const { line, column } = position;
  const head = `${printable(recipe)}:${line}:${column} ${style[STYLES[severity]](severity)} ${style.bold(ruleId)} ${printable(message)}\n`;
  const frame = entries.length === 0 ? '' : codeFrame(text, span, position);
  const concerned =
    tensors === undefined || tensors.count < 2
      ? ''
      : `  tensors: ${tensors.names.map(printable).join(', ')}${tensors.count > tensors.names.length ? `, … (${tensors.count} in all)` : ''}\n`;
  const advice = help === undefined ? '' : `  help: ${printable(help)}\n`;
  const offer = fix === undefined ? '' : `  --fix: ${printable(fix.title)}\n`;
  return `${head}${frame}${concerned}${advice}${offer}\n`;
}

function summary(findings: readonly LintFinding[]): string {
  if (findings.length === 0) return 'nothing to report\n';
  const { errors, warnings, notes } = totalsOf(findings);
  const fixable = findings.filter(({ fix }) => fix !== undefined).length;
  const offer = fixable === 0 ? '' : `; --fix mends ${fixable}`;
  return `${errors} error(s), ${warnings} warning(s), ${notes} note(s)${offer}\n`;
}

/** For programs: findings with their place in the text. */
export function lintJson({ recipe, checkpoint, text, read, findings, fixed }: LintOutcome): object {
  const positionOf = locator(text);
  const shown = (finding: LintFinding): object => {
    const { ruleId, severity, message, entries, tensors, help, fix } = finding;
    const span = spanOf(finding, read);
    return {
      rule: ruleId,
      severity,
      message,
      position: positionOf(span.start),
      end: positionOf(span.end),
      keys: entries.map((entry) => read.recipe.entries[entry]?.key ?? null),
      tensors: tensors ?? { names: [], count: 0 },
      help: help ?? null,
      fix: fix?.title ?? null,
    };
  };
  const done = fixed.map(({ ruleId, fix }) => ({ rule: ruleId, fix: fix?.title ?? null }));
  return { recipe, checkpoint, totals: totalsOf(findings), findings: findings.map(shown), fixed: done };
}

export function rulesText(rules: readonly LintRule[]): string {
  return rules
    .map(
      ({ id, severity, title, explanation }) =>
        `${printable(id)} (${severity}): ${printable(title)}\n${wrapped(printable(explanation))}\n`,
    )
    .join('\n');
}

const WIDTH = 100;

function wrapped(text: string): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + word.length + 1 > WIDTH) {
      lines.push(line);
      line = '';
    }
    line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line].map((each) => `  ${each}`).join('\n');
}
