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
  /** Where the first `count` items end in the text, at best; -1 when they do not match its beginning. */
  const endOf = (count: number): number => {
    const syntax = { ...pattern.syntax, root: sequence(items.slice(0, count), root.pos) };
    const machine = new Backtracker(pattern.pattern, syntax, pattern.settings, false);
    return machine.find('match', codes.text, length, text)?.end ?? -1;
  };
  // Where more items match, so do fewer.
  let reached = 0;
  let [fit, beyond] = [0, items.length + 1];
  while (beyond - fit > 1) {
    const middle = (fit + beyond) >> 1;
    const end = endOf(middle);
    if (end < 0) beyond = middle;
    else [fit, reached] = [middle, end];
  }
  if (beyond <= items.length) {
    const from = items[fit]?.pos ?? 0;
    const to = items[beyond]?.pos ?? chars.length;
    return { reached, part: { start: from, end: to, text: chars.slice(from, to).join('') } };
  }
  return { reached, part: undefined };
}
