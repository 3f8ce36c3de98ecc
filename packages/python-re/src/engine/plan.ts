import type { LookNode, Node } from '../ast.ts';
import type { Arena } from './arena.ts';
import { nodeCount, type Re } from './expression.ts';
import { toRegular, trimAnchors } from './regular.ts';

/** A condition on the whole string besides the expression of a key. */
export interface Guard {
  readonly re: Re;
  /** Whether the string must not match. */
  readonly negated: boolean;
}

/** How one pattern is matched against strings without a newline. */
export type KeyPlan =
  /** `re` says it all. */
  | { readonly kind: 'regular'; readonly re: Re }
  /** `re` and all guards together say it all. */
  | { readonly kind: 'guarded'; readonly re: Re; readonly guards: readonly Guard[] }
  /** Only strings that match `re` can match; the backtracking machine decides. */
  | { readonly kind: 'verified'; readonly re: Re };

/** A regular expression that matches everything the node matches, and perhaps more. */
function relaxed(node: Node, arena: Arena): Re {
  const list = (nodes: readonly Node[]): Re[] => nodes.map((each) => relaxed(each, arena));
  switch (node.kind) {
    case 'seq':
      return arena.cat(list(node.items));
    case 'alt':
      return arena.or(list(node.branches));
    case 'repeat':
      return arena.repeat(relaxed(node.body, arena), node.min, node.max);
    case 'group':
    case 'atomic':
      return relaxed(node.body, arena);
    case 'look':
      return arena.empty;
    case 'ref':
      return arena.anything;
    case 'cond':
      return arena.or([relaxed(node.yes, arena), node.no ? relaxed(node.no, arena) : arena.empty]);
    case 'char':
    case 'anchor': {
      const exact = toRegular(node, arena);
      return 'op' in exact ? exact : arena.anything;
    }
  }
}

/** Items in sequence, seen through sequences and groups. */
function flattened(node: Node): readonly Node[] {
  if (node.kind === 'seq') return node.items.flatMap(flattened);
  return node.kind === 'group' ? flattened(node.body) : [node];
}

/** Look-aheads at the very start and look-behinds at the very end are conditions on the whole string. */
function guarded(root: Node, arena: Arena): KeyPlan | undefined {
  const items = [...flattened(root)];
  const guards: Guard[] = [];
  const take = (behind: boolean): LookNode | undefined => {
    const at = behind ? items.length - 1 : 0;
    const item = items[at];
    if (item?.kind === 'anchor' && item.at === (behind ? 'stringEnd' : 'start')) {
      items.splice(at, 1);
      return take(behind);
    }
    if (item?.kind !== 'look' || item.behind !== behind) return undefined;
    items.splice(at, 1);
    return item;
  };
  for (const behind of [false, true]) {
    for (let look = take(behind); look; look = take(behind)) {
      const body = toRegular(look.body, arena);
      if (!('op' in body)) return undefined;
      const re = arena.cat(behind ? [arena.anything, body] : [body, arena.anything]);
      guards.push({ re: trimAnchors(re, arena), negated: look.negated });
    }
  }
  const re = toRegular({ kind: 'seq', items, pos: 0 }, arena);
  return 'op' in re && guards.length > 0 ? { kind: 'guarded', re: trimAnchors(re, arena), guards } : undefined;
}

/** Decides how a pattern is matched; automata get at most `maxNodes` nodes. */
export function planKey(root: Node, arena: Arena, maxNodes: number): KeyPlan {
  const exact = toRegular(root, arena);
  const fits = (re: Re): boolean => nodeCount(re) <= maxNodes;
  if ('op' in exact) {
    const re = trimAnchors(exact, arena);
    return fits(re) ? { kind: 'regular', re } : { kind: 'verified', re: arena.anything };
  }
  const plan = guarded(root, arena);
  if (plan?.kind === 'guarded' && [plan.re, ...plan.guards.map((guard) => guard.re)].every(fits)) return plan;
  const loose = trimAnchors(relaxed(root, arena), arena);
  return { kind: 'verified', re: fits(loose) ? loose : arena.anything };
}
