import { children, type Node } from '../ast.ts';

/** Facts about a tree that decide how it can be matched. */
export interface TreeFacts {
  /** Groups that references name. */
  readonly referenced: ReadonlySet<number>;
  /** Groups that conditions name. */
  readonly conditions: ReadonlySet<number>;
}

/** Collects the facts of a tree. */
export function factsOf(root: Node): TreeFacts {
  const referenced = new Set<number>();
  const conditions = new Set<number>();
  const visit = (node: Node): void => {
    if (node.kind === 'ref') referenced.add(node.group);
    if (node.kind === 'cond') conditions.add(node.group);
    children(node).forEach(visit);
  };
  visit(root);
  return { referenced, conditions };
}

/** Whether the tree holds a capturing group. */
export const hasGroup = (node: Node): boolean => node.kind === 'group' || children(node).some(hasGroup);
