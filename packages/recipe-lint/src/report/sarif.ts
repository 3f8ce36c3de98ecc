import { locator, type JsonObject, type TextPosition, type TextSpan } from '@fewbit/core';
import { applyEdits, type ReadRecipe } from '../edit/apply-edits.ts';
import type { Fix, LintFinding, LintSeverity } from '../finding.ts';
import type { LintRule } from '../rule.ts';
import { spanOf } from './span.ts';

export interface SarifRequest {
  readonly findings: readonly LintFinding[];
  /** Those that were asked, in their order. */
  readonly rules: readonly LintRule[];
  readonly text: string;
  readonly read: ReadRecipe;
  /** Of the recipe: a relative reference or an absolute URI. */
  readonly uri: string;
  /** Version of the program that reports. */
  readonly version: string;
}

/** The findings as a log of SARIF 2.1.0 (OASIS), which code hosts and editors show at their place in the text. */
export function toSarif({ findings, rules, text, read, uri, version }: SarifRequest): JsonObject {
  const index = new Map(rules.map(({ id }, at) => [id, at]));
  const positionOf = locator(text);
  return {
    $schema: 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        columnKind: 'utf16CodeUnits',
        tool: { driver: { name: 'fewbit', version, rules: rules.map((rule) => ruleJson(rule)) } },
        results: findings.map((finding) => {
          const { ruleId, severity, message, help, fix } = finding;
          const ruleIndex = index.get(ruleId);
          const region = regionOf(positionOf, spanOf(finding, read));
          return {
            ruleId,
            ...(ruleIndex !== undefined && { ruleIndex }),
            level: severity,
            message: { text: help === undefined ? `${message}.` : `${message}. ${help}` },
            locations: [{ physicalLocation: { artifactLocation: { uri }, region } }],
            ...(fix !== undefined && { fixes: [fixJson(fix, { text, read, uri, positionOf })] }),
          };
        }),
      },
    ],
  };
}

function ruleJson({ id, title, explanation, severity }: LintRule): JsonObject {
  const level: LintSeverity = severity;
  return {
    id,
    shortDescription: { text: `${title}.` },
    fullDescription: { text: explanation },
    defaultConfiguration: { level },
  };
}

type PositionOf = (offset: number) => TextPosition;

function regionOf(positionOf: PositionOf, { start, end }: TextSpan): JsonObject {
  const [from, to] = [positionOf(start), positionOf(end)];
  return { startLine: from.line, startColumn: from.column, endLine: to.line, endColumn: to.column };
}

interface FixedText extends Pick<SarifRequest, 'text' | 'read' | 'uri'> {
  readonly positionOf: PositionOf;
}

/** One replacement: from the first character that differs to the last. */
function fixJson({ title, edits }: Fix, { text, read, uri, positionOf }: FixedText): JsonObject {
  const after = applyEdits(text, read, edits);
  const shorter = Math.min(text.length, after.length);
  let start = 0;
  while (start < shorter && text[start] === after[start]) start += 1;
  let tail = 0;
  while (tail < shorter - start && text[text.length - 1 - tail] === after[after.length - 1 - tail]) tail += 1;
  const deletedRegion = regionOf(positionOf, { start, end: text.length - tail });
  const replacement = { deletedRegion, insertedContent: { text: after.slice(start, after.length - tail) } };
  return {
    description: { text: title },
    artifactChanges: [{ artifactLocation: { uri }, replacements: [replacement] }],
  };
}
