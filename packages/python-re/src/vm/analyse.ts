import { children, type Node } from '../ast.ts';
import type { Ranges } from '../charset/ranges.ts';

/** Facts about a tree that decide how it can be matched. */
export interface TreeFacts {
  /** Groups that references name. */
  readonly referenced: ReadonlySet<number>;
  /** Groups that conditions name. */
  readonly conditions: ReadonlySet<number>;
}

/** Collects the facts of a tree. */
export function factsOf(root: Node): TreeFacts {
  const referenced: Set<number> = new Set();
  const conditions: Set<number> = new Set();
  const visit = (node: Node): void => {
    if (node.kind === 'ref') referenced.add(node.group);
    if (node.kind === 'cond') conditions.add(node.group);
    children(node).forEach(visit);
  };
  visit(root);
  return { referenced, conditions };
}

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
