import { type Node, sequence } from './ast.ts';
import type { Pattern } from './pattern.ts';
import { Backtracker, CodePoints } from './vm/backtracker.ts';

/** How far a pattern got with a string that it does not match in full. */
export interface Diagnosis {
  /** Code points of the string that everything before the failing part matched, at best. */
  readonly reached: number;
  /** The part of the pattern that could not go on; undefined when the pattern ended before the string did. */
  readonly part: { readonly start: number; readonly end: number; readonly text: string } | undefined;
}

/**
 * Says which part of `pattern` keeps it from matching all of `text`; undefined when it does match. The parts are the
 * items at the top level of the pattern, tried from the left.
 *
 * @throws {UndecidedError} when `limits.steps` ran out.
 * @example
 * diagnose(compile('model\\.layers\\.[0-3]\\.mlp.*'), 'model.layers.7.mlp.up'); // reached 13, part '[0-3]'
 */
export function diagnose(pattern: Pattern, text: string): Diagnosis | undefined {
  if (pattern.fullmatch(text)) return undefined;
  const { root } = pattern.syntax;
  const items: readonly Node[] = root.kind === 'seq' ? root.items : [root];
  const codes = new CodePoints();
  const length = codes.load(text);
  const chars = Array.from(pattern.pattern);
  let reached = 0;
  for (let count = 1; count <= items.length; count++) {
    const start = sequence(items.slice(0, count), root.pos);
    const syntax = { ...pattern.syntax, root: start };
    const found = new Backtracker(pattern.pattern, syntax, pattern.settings, false).find(
      'match',
      codes.text,
      length,
      text,
    );
    if (!found) {
      const from = items[count - 1]?.pos ?? 0;
      const to = items[count]?.pos ?? chars.length;
      return { reached, part: { start: from, end: to, text: chars.slice(from, to).join('') } };
    }
    reached = found.end;
  }
  return { reached, part: undefined };
}
