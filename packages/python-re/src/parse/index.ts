import { children, type Node, type ParsedPattern } from '../ast.ts';
import { LimitError } from '../errors.ts';
import type { PythonVersion } from '../version.ts';
import { type CharacterNames, ParseContext, type ParseLimits, raise } from './context.ts';
import { parseAlternatives } from './sequence.ts';
import { widthOf } from './width.ts';

/** CPython cannot look further behind. */
const MAX_LOOK_BEHIND = 2 ** 32 - 1;

/** What `parsePattern` needs besides the pattern. */
export interface ParseSettings {
  readonly version: PythonVersion;
  /** Letters of global flags, as in `(?…)`. */
  readonly flags: string;
  readonly limits: ParseLimits & { readonly patternLength: number };
  readonly characterNames?: CharacterNames | undefined;
}

const REPEAT_NAMES = { greedy: 'MAX_REPEAT', lazy: 'MIN_REPEAT', possessive: 'POSSESSIVE_REPEAT' } as const;

/**
 * What Python finds out only after parsing, outermost first, and reports without a position: look-behinds must have one
 * width, and the forgotten `t` flag of old versions forbids repeats.
 */
function checkCompiled(c: ParseContext, node: Node): void {
  if (node.kind === 'repeat' && c.globalFlags.includes('t')) {
    c.throwKind('re.error', `internal: unsupported template operator ${REPEAT_NAMES[node.mode]}`);
  }
  if (node.kind === 'look' && node.behind) {
    const { min, max } = widthOf(node.body, c.groupWidths);
    if (min > MAX_LOOK_BEHIND) c.throwKind('re.error', 'looks too much behind');
    if (min !== max) c.throwKind('re.error', 'look-behind requires fixed-width pattern');
  }
  for (const child of children(node)) checkCompiled(c, child);
}

/**
 * Parses `pattern` as the given Python version does.
 *
 * @throws {PatternError} when Python refuses it, with Python's text and position.
 * @throws {UnsupportedPatternError} for `\N{…}` without a table of names.
 * @throws {LimitError} when it is longer or nested deeper than allowed.
 */
export function parsePattern(pattern: string, settings: ParseSettings): ParsedPattern {
  const { version, limits } = settings;
  const c = new ParseContext(pattern, version, settings.flags, limits, settings.characterNames);
  const length = c.source.chars.length;
  if (length > limits.patternLength) {
    throw new LimitError(pattern.slice(0, 80), 'patternLength', limits.patternLength, `it has ${length} characters`);
  }
  const root = parseAlternatives(c, c.flags, 0);
  const has = (letter: string): boolean => c.globalFlags.includes(letter);
  if (has('L')) c.throwKind('ValueError', 'cannot use LOCALE flag with a str pattern');
  if (has('a') && has('u')) c.throwKind('ValueError', 'ASCII and UNICODE flags are incompatible');
  if (c.source.next !== undefined) raise(c, 'unbalanced parenthesis', 0);
  for (const [group, pos] of c.conditionPositions) {
    if (group >= c.groupWidths.length) c.throwKind('re.error', `invalid group reference ${group}`, pos);
  }
  checkCompiled(c, root);
  const letters = new Set(c.globalFlags);
  if (!letters.has('a')) letters.add('u');
  return {
    root,
    groups: c.groupWidths.length - 1,
    groupNames: c.groupNames,
    groupWidths: c.groupWidths,
    classRanges: c.classRanges,
    warnings: c.warnings,
    flags: [...letters].sort().join(''),
  };
}
