import type { Ranges } from './charset/ranges.ts';

/** Where an anchor matches; `^` and `$` are resolved by the multi-line flag. */
export type AnchorKind = 'start' | 'lineStart' | 'end' | 'lineEnd' | 'stringEnd' | 'boundary' | 'notBoundary';

/** One character out of a set; flags and case are already applied. */
export interface CharNode {
  readonly kind: 'char';
  readonly set: Ranges;
  /**
   * Where a category is read by a scoped `a` or `u` flag: the set under the global flags. CPython's `search` skips
   * characters outside it when the node comes first, so this is part of what `search` means.
   */
  readonly globalSet?: Ranges;
  readonly pos: number;
}
/** Items one after the other; no items matches the empty string. */
export interface SeqNode {
  readonly kind: 'seq';
  readonly items: readonly Node[];
  /** Whether it is a group with flags of its own, `(?i:…)`, which CPython never joins with what is around it. */
  readonly scoped?: boolean;
  readonly pos: number;
}
/** Branches tried in order. */
export interface AltNode {
  readonly kind: 'alt';
  readonly branches: readonly Node[];
  readonly pos: number;
}
/** `body` from `min` to `max` times; `max` is Infinity when open. */
export interface RepeatNode {
  readonly kind: 'repeat';
  readonly body: Node;
  readonly min: number;
  readonly max: number;
  readonly mode: 'greedy' | 'lazy' | 'possessive';
  readonly pos: number;
}
/** A capturing group. */
export interface GroupNode {
  readonly kind: 'group';
  readonly index: number;
  readonly body: Node;
  readonly pos: number;
}
/** `(?>…)` */
export interface AtomicNode {
  readonly kind: 'atomic';
  readonly body: Node;
  readonly pos: number;
}
/** Look-ahead or, when `width` is a number, look-behind of exactly that many characters. */
export interface LookNode {
  readonly kind: 'look';
  readonly negated: boolean;
  readonly behind: boolean;
  /** Characters to step back; 0 for a look-ahead. */
  readonly width: number;
  readonly body: Node;
  readonly pos: number;
}
/** The text of a group again. */
export interface RefNode {
  readonly kind: 'ref';
  readonly group: number;
  /** How both characters are mapped before they are compared. */
  readonly fold: 'none' | 'ascii' | 'unicode';
  readonly pos: number;
}
/** `(?(group)yes|no)` */
export interface CondNode {
  readonly kind: 'cond';
  readonly group: number;
  readonly yes: Node;
  readonly no: Node | undefined;
  readonly pos: number;
}
/** A zero-width test of the position. */
export interface AnchorNode {
  readonly kind: 'anchor';
  readonly at: AnchorKind;
  /** Whether `\b` uses the ASCII notion of a word. */
  readonly ascii: boolean;
  readonly pos: number;
}

/** A parsed pattern; `pos` is the code-point index where the construct begins. */
export type Node =
  CharNode | SeqNode | AltNode | RepeatNode | GroupNode | AtomicNode | LookNode | RefNode | CondNode | AnchorNode;

/** Fewest and most characters that a part of the pattern can take; at most 2 ** 64. */
export interface Width {
  readonly min: number;
  readonly max: number;
}

/** A warning that Python would issue while compiling. */
export interface PatternWarning {
  /** The warning class in Python. */
  readonly category: 'FutureWarning' | 'DeprecationWarning';
  /** Python's text. */
  readonly message: string;
  /** Code-point index in the pattern. */
  readonly pos: number;
}

/** The result of parsing. */
export interface ParsedPattern {
  readonly root: Node;
  /** Number of capturing groups. */
  readonly groups: number;
  /** Group index by name, in order of appearance. */
  readonly groupNames: ReadonlyMap<string, number>;
  /** Characters that each group takes, by index; entry 0 is unused. */
  readonly groupWidths: readonly (Width | undefined)[];
  /** Ranges of characters in all its classes. */
  readonly classRanges: number;
  readonly warnings: readonly PatternWarning[];
  /** The global flags in force, as letters in alphabetical order; `u` unless `a`. */
  readonly flags: string;
}

/** The nodes directly inside `node`. */
export function children(node: Node): readonly Node[] {
  switch (node.kind) {
    case 'seq':
      return node.items;
    case 'alt':
      return node.branches;
    case 'cond':
      return node.no ? [node.yes, node.no] : [node.yes];
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

/** One node for a list of items. */
export const sequence = (items: readonly Node[], pos: number): Node =>
  items.length === 1 && items[0] ? items[0] : { kind: 'seq', items, pos };
