import type { Node, Width } from '../ast.ts';

/** CPython stops counting here. */
const MAX_WIDTH = 2 ** 64;

const capped = (min: number, max: number): Width => ({ min: Math.min(min, MAX_WIDTH), max: Math.min(max, MAX_WIDTH) });

const times = (count: number, width: number): number => (width === 0 ? 0 : count * width);

/** The width of `node`; references take theirs from `groups`, by index. */
export function widthOf(node: Node, groups: readonly (Width | undefined)[]): Width {
  switch (node.kind) {
    case 'char':
      return { min: 1, max: 1 };
    case 'seq': {
      const widths = node.items.map((item) => widthOf(item, groups));
      return capped(
        widths.reduce((sum, w) => sum + w.min, 0),
        widths.reduce((sum, w) => sum + w.max, 0),
      );
    }
    case 'alt': {
      const widths = node.branches.map((branch) => widthOf(branch, groups));
      return { min: Math.min(...widths.map((w) => w.min)), max: Math.max(...widths.map((w) => w.max)) };
    }
    case 'repeat': {
      const { min, max } = widthOf(node.body, groups);
      return capped(times(node.min, min), times(node.max, max));
    }
    case 'group':
    case 'atomic':
      return widthOf(node.body, groups);
    case 'ref':
      return groups[node.group] ?? { min: 0, max: 0 };
    case 'cond': {
      const yes = widthOf(node.yes, groups);
      const no = node.no ? widthOf(node.no, groups) : { min: 0, max: 0 };
      return { min: Math.min(yes.min, no.min), max: Math.max(yes.max, no.max) };
    }
    case 'look':
    case 'anchor':
      return { min: 0, max: 0 };
  }
}
