import { type Node, sequence } from '../ast.ts';
import { charNode, type CharSource, sourceKey, sourceOf } from './char-source.ts';
import type { ParseContext } from './context.ts';
import type { Flags } from './flags.ts';

/** Items in sequence, seen through groups that neither capture nor have flags of their own. */
function itemsOf(node: Node): readonly Node[] {
  return node.kind === 'seq' && node.scoped !== true ? node.items.flatMap(itemsOf) : [node];
}

/** A name that two items share when CPython takes them for the same; undefined for those it never does. */
function keyOf(c: ParseContext, node: Node): string | undefined {
  if (node.kind === 'char') {
    const source = sourceOf(c, node);
    return source ? `c${sourceKey(source)}` : '.';
  }
  // `^` and `\A` are different items, even where they mean the same.
  if (node.kind === 'anchor') return `a${node.at}${c.source.chars[node.pos] ?? ''}`;
  return node.kind === 'ref' ? `r${node.group}` : undefined;
}

/** How many items all branches begin with in common. */
function sharedBeginning(c: ParseContext, branches: readonly (readonly Node[])[]): number {
  const [first = [], ...others] = branches;
  for (let at = 0; ; at++) {
    const item = first[at];
    const key = item && keyOf(c, item);
    if (key === undefined) return at;
    for (const branch of others) {
      const other = branch[at];
      if (!other || keyOf(c, other) !== key) return at;
    }
  }
}

/** The class that branches of one character or positive class each are together. */
function asClass(c: ParseContext, branches: readonly (readonly Node[])[]): CharSource | undefined {
  const sources: CharSource[] = [];
  for (const [item, ...more] of branches) {
    const source = item?.kind === 'char' && more.length === 0 ? sourceOf(c, item) : undefined;
    if (!source || source.negated) return undefined;
    sources.push(source);
  }
  return { members: sources.flatMap(({ members }) => members), negated: false };
}

/**
 * Joins branches as CPython does: what all begin with comes before the choice, and a choice among single characters is
 * a class. Both can be told from outside, by `search` and by what classes make of case.
 */
export function joinBranches(c: ParseContext, flags: Flags, branches: readonly Node[], pos: number): Node {
  const lists = branches.map(itemsOf);
  const shared = sharedBeginning(c, lists);
  const rests = lists.map((list) => list.slice(shared));
  const source = asClass(c, rests);
  if (shared === 0 && !source) return { kind: 'alt', branches, pos };
  const rest: Node = source
    ? charNode(c, flags, source, pos)
    : { kind: 'alt', branches: rests.map((items) => sequence(items, items[0]?.pos ?? pos)), pos };
  const items = [...(lists[0]?.slice(0, shared) ?? []), rest];
  // Still one item of what is around it.
  return items.length === 1 ? rest : { kind: 'seq', items: [{ kind: 'seq', items, pos }], pos };
}
