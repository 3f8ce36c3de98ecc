import { children, type Node } from './ast.ts';

/** How many characters and constructs a tree has when its counters are written out; Infinity when beyond counting. */
export function writtenOut(node: Node): number {
  const inside = children(node).reduce((sum, child) => sum + writtenOut(child), 1);
  if (node.kind !== 'repeat') return inside;
  return inside * Math.max(1, node.max === Infinity ? node.min + 1 : node.max);
}
