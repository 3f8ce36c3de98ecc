import { children, type Node } from '../ast.ts';

/** Facts about a tree that decide how it can be matched. */
export interface TreeFacts {
  /** Groups that references name. */
  readonly referenced: ReadonlySet<number>;
  /** Groups that conditions name. */
  readonly conditions: ReadonlySet<number>;
  /** Whether a condition stands inside the group that it names. */
  readonly selfCondition: boolean;
}

/** Collects the facts of a tree. */
export function factsOf(root: Node): TreeFacts {
  const referenced = new Set<number>();
  const conditions = new Set<number>();
  let selfCondition = false;
  const visit = (node: Node, open: readonly number[]): void => {
    if (node.kind === 'ref') referenced.add(node.group);
    if (node.kind === 'cond') {
      conditions.add(node.group);
      selfCondition ||= open.includes(node.group);
    }
    const inside = node.kind === 'group' ? [...open, node.index] : open;
    for (const child of children(node)) visit(child, inside);
  };
  visit(root, []);
  return { referenced, conditions, selfCondition };
}

/** Whether the tree holds a capturing group. */
export const hasGroup = (node: Node): boolean => node.kind === 'group' || children(node).some(hasGroup);

