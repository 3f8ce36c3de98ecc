import { compile, type AnchorKind, type Node } from '@fewbit/python-re';
import { closingParenthesis, mayHaveVerboseComments } from './regex-text.ts';

const SUFFIX = '\\.weight';

/**
 * A pattern for the name of a module as one for the name of its weight: `M.weight` matches the result exactly when `M`
 * matches the source, and no name without that end matches at all.
 *
 * A key of a recipe that matched the module's own name would do more: a pattern that a system tries at the start of
 * `model.layers.0.q_proj` matches the start of `model.layers.0.q_proj.bias` too, which is asked first. So what looks at
 * the end of the name has to look at the place before `.weight`: `$`, `\Z`, and what a lookahead may reach.
 *
 * @param source What `fullSource` gives.
 * @returns Null where that cannot be said: atomic groups and possessive repeats may take `.weight` and not give it back.
 */
export function confineToWeight(source: string): string | null {
  if (mayHaveVerboseComments(source)) return null;
  const points = Array.from(source);
  const edits = editsOf(compile(source).syntax.root, points);
  if (edits === null) return null;
  for (const { at, remove, insert } of edits.sort((left, right) => right.at - left.at)) {
    points.splice(at, remove, insert);
  }
  return `${points.join('')}${SUFFIX}`;
}

interface Edit {
  readonly at: number;
  readonly remove: number;
  readonly insert: string;
}

function editsOf(node: Node, points: readonly string[]): Edit[] | null {
  const own = ownEdits(node, points);
  if (own === null) return null;
  const edits = [...own];
  for (const child of childrenOf(node)) {
    const inner = editsOf(child, points);
    if (inner === null) return null;
    for (const edit of inner) edits.push(edit);
  }
  return edits;
}

function ownEdits(node: Node, points: readonly string[]): readonly Edit[] | null {
  if (node.kind === 'atomic' || (node.kind === 'repeat' && node.mode === 'possessive')) return null;
  if (node.kind === 'anchor') return anchorEdits(node.at, node.pos);
  return node.kind === 'look' && !node.behind ? lookEdits(node.pos, points) : [];
}

function anchorEdits(kind: AnchorKind, at: number): readonly Edit[] {
  if (kind === 'end') return [{ at, remove: 1, insert: `(?=\\n?${SUFFIX}\\Z)` }];
  if (kind === 'lineEnd') return [{ at, remove: 1, insert: `(?=\\n|${SUFFIX}\\Z)` }];
  return kind === 'stringEnd' ? [{ at, remove: 2, insert: `(?=${SUFFIX}\\Z)` }] : [];
}

function lookEdits(open: number, points: readonly string[]): readonly Edit[] | null {
  const close = closingParenthesis(points, open);
  if (close === -1) return null;
  return [
    { at: open + '(?='.length, remove: 0, insert: '(?:' },
    { at: close, remove: 0, insert: `)(?s:.*)${SUFFIX}\\Z` },
  ];
}

/** The nodes directly inside a node. */
export function childrenOf(node: Node): readonly Node[] {
  switch (node.kind) {
    case 'seq':
      return node.items;
    case 'alt':
      return node.branches;
    case 'cond':
      return node.no === undefined ? [node.yes] : [node.yes, node.no];
    case 'repeat':
    case 'group':
    case 'atomic':
    case 'look':
      return [node.body];
    case 'char':
    case 'ref':
    case 'anchor':
      return [];
  }
}
