import type { Pattern } from '@fewbit/python-re';

/** The plain characters that every match of a pattern begins and ends with. */
export interface PlainEnds {
  readonly start: string;
  readonly end: string;
}

export function plainEnds(pattern: Pattern | null): PlainEnds {
  const root = pattern?.syntax.root;
  const items = root === undefined ? [] : root.kind === 'seq' ? root.items : [root];
  const codes = items.map((item) =>
    item.kind === 'char' && item.set.length === 2 && item.set[1] === (item.set[0] ?? 0) + 1 ? item.set[0] : undefined,
  );
  return { start: run(codes), end: Array.from(run(codes.toReversed())).reverse().join('') };
}

/** Patterns with different beginnings or ends match no name in common; most pairs of a recipe are told apart so. */
export function endsExclude(left: PlainEnds, right: PlainEnds): boolean {
  if (!left.start.startsWith(right.start) && !right.start.startsWith(left.start)) return true;
  return !left.end.endsWith(right.end) && !right.end.endsWith(left.end);
}

function run(codes: readonly (number | undefined)[]): string {
  const stop = codes.indexOf(undefined);
  return (stop === -1 ? codes : codes.slice(0, stop)).map((code) => String.fromCodePoint(code ?? 0)).join('');
}
