import { children, type Node } from '../ast.ts';
import type { Ranges } from '../charset/ranges.ts';

/** Facts about a tree that decide how it can be matched. */
export interface TreeFacts {
  /** Groups that references name. */
  readonly referenced: ReadonlySet<number>;
  /** Groups that conditions name. */
  readonly conditions: ReadonlySet<number>;
  /** Whether a condition names a group that is still open where it stands. */
  readonly asksOpenGroup: boolean;
  /** Whether a possessive repeat holds a group. */
  readonly possessiveGroup: boolean;
}

/** Collects the facts of a tree. */
export function factsOf(root: Node): TreeFacts {
  const referenced: Set<number> = new Set();
  const conditions: Set<number> = new Set();
  const open: Set<number> = new Set();
  let asksOpenGroup = false;
  let possessiveGroup = false;
  const visit = (node: Node): void => {
    if (node.kind === 'ref') referenced.add(node.group);
    if (node.kind === 'cond') {
      conditions.add(node.group);
      asksOpenGroup ||= open.has(node.group);
    }
    if (node.kind === 'repeat' && node.mode === 'possessive') possessiveGroup ||= hasGroup(node.body);
    if (node.kind === 'group') open.add(node.index);
    children(node).forEach(visit);
    if (node.kind === 'group') open.delete(node.index);
  };
  visit(root);
  return { referenced, conditions, asksOpenGroup, possessiveGroup };
}

/** Whether CPython repeats the node without a loop of its own: one character, perhaps in groups that do not capture. */
export function isUnit(node: Node): boolean {
  if (node.kind === 'char') return true;
  if (node.kind !== 'seq') return false;
  const [item, ...more] = node.items.flatMap(unscopedItems);
  return item !== undefined && more.length === 0 && isUnit(item);
}

const unscopedItems = (node: Node): readonly Node[] =>
  node.kind === 'seq' && node.scoped !== true ? node.items.flatMap(unscopedItems) : [node];

/** The set that characters must be in for `search` to try a match there, when that is not what the tree says. */
export function searchFilter(root: Node): Ranges | undefined {
  if (root.kind === 'char') return root.globalSet;
  if (root.kind === 'group') return searchFilter(root.body);
  const first =
    root.kind === 'seq' ? root.items.find((item) => item.kind !== 'seq' || item.items.length > 0) : undefined;
  return first && searchFilter(first);
}

/** Whether the tree holds a capturing group. */
export const hasGroup = (node: Node): boolean => node.kind === 'group' || children(node).some(hasGroup);
