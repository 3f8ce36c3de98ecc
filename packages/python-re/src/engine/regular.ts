import type { AnchorKind, Node } from '../ast.ts';
import type { Arena } from './arena.ts';
import type { Assertion, Re } from './expression.ts';

function assertion(at: AnchorKind, ascii: boolean): Assertion {
  switch (at) {
    case 'start':
    case 'lineStart':
      return 'start';
    case 'end':
    case 'lineEnd':
    case 'stringEnd':
      return 'end';
    case 'boundary':
      return ascii ? 'asciiEdge' : 'wordEdge';
    case 'notBoundary':
      return ascii ? 'notAsciiEdge' : 'notWordEdge';
  }
}

/**
 * The regular expression with the same full matches among strings without a newline, or the node that has none:
 * look-around, atomic groups, possessive repeats, references and conditions.
 */
export function toRegular(node: Node, arena: Arena): Re | Node {
  const parts = (nodes: readonly Node[], join: (items: readonly Re[]) => Re): Re | Node => {
    const out: Re[] = [];
    for (const each of nodes) {
      const item = toRegular(each, arena);
      if (!('op' in item)) return item;
      out.push(item);
    }
    return join(out);
  };
  switch (node.kind) {
    case 'char':
      return arena.set(node.set);
    case 'seq':
      return parts(node.items, (items) => arena.cat(items));
    case 'alt':
      return parts(node.branches, (branches) => arena.or(branches));
    case 'group':
      return toRegular(node.body, arena);
    case 'anchor':
      return arena.assert(assertion(node.at, node.ascii));
    case 'repeat': {
      if (node.mode === 'possessive') return node;
      const body = toRegular(node.body, arena);
      return 'op' in body ? arena.repeat(body, node.min, node.max) : body;
    }
    case 'atomic':
    case 'look':
    case 'ref':
    case 'cond':
      return node;
  }
}

/** Drops `^` where nothing can come before it, and `$` where nothing can come after it. */
export function trimAnchors(re: Re, arena: Arena): Re {
  return trimSide(trimSide(re, arena, 'start'), arena, 'end');
}

function trimSide(re: Re, arena: Arena, side: 'start' | 'end'): Re {
  switch (re.op) {
    case 'assert':
      return re.at === side ? arena.empty : re;
    case 'or':
      return arena.or(re.branches.map((branch) => trimSide(branch, arena, side)));
    case 'cat': {
      const edge = re.items.at(side === 'start' ? 0 : -1);
      if (!edge || trimSide(edge, arena, side) === edge) return re;
      const items = [...re.items];
      for (;;) {
        const index = side === 'start' ? 0 : items.length - 1;
        const item = items[index];
        if (!item) return arena.empty;
        const trimmed = trimSide(item, arena, side);
        if (trimmed === item) break;
        if (trimmed !== arena.empty) {
          items[index] = trimmed;
          break;
        }
        items.splice(index, 1);
      }
      return arena.cat(items);
    }
    case 'set':
    case 'repeat':
      return re;
  }
}
