import type { AnchorKind } from '../ast.ts';
import { contains, type Ranges } from '../charset/ranges.ts';

/** Instructions take four cells: the operation and three operands. */
export const CELLS = 4;

/** Operations. Operands are written after each; `next` is the instruction that follows. */
export const Op = {
  /** set — one character of the set */
  char: 0,
  /** first, second, memo point or -1 — try `first`, then `second` */
  split: 1,
  /** target */
  jump: 2,
  /** anchor number, 1 for the ASCII notion of a word */
  anchor: 3,
  /** slot — remember the position */
  save: 4,
  /** slot, group — remember the position and that this group closed last */
  close: 5,
  /** slot — remember where an iteration starts */
  begin: 6,
  /** slot, target — go there if the iteration that started took nothing */
  ifEmpty: 7,
  /** open a part that is matched for itself: -1, or where to go on when it fails; characters to step back; restoring */
  open: 8,
  /** 0 keep the position (atomic), 1 return to where it opened (look-around), 2 so, and fail (negative); restoring */
  shut: 9,
  /** group, fold number — the text of a group */
  ref: 10,
  /** group, target — go there when the group is not set */
  ifUnset: 11,
  /** nothing matches */
  fail: 12,
  /** the end of the pattern */
  match: 13,
  /** as `split`, but what comes back restores loosely */
  looseSplit: 14,
  /** restore everything when failing past this point */
  hold: 15,
} as const;

/**
 * What becomes of the slots when an attempt is abandoned. CPython puts the marks of groups back only where it thinks
 * that they can matter, inside loops; elsewhere it just forgets the marks behind the highest one that was known.
 */
export const Restore = { everything: 0, loosely: 1, nothing: 2 } as const;

/** Anchors by the number that instructions carry. */
export const ANCHORS: readonly AnchorKind[] = [
  'start',
  'lineStart',
  'end',
  'lineEnd',
  'stringEnd',
  'boundary',
  'notBoundary',
];

/** A choice whose outcome depends only on the position and a few bits, so that it needs to be explored only once. */
export interface MemoPoint {
  /** First row of the table; it has as many rows as the bits can tell apart. */
  readonly row: number;
  /** Slots of iteration starts; each adds the bit "this iteration has taken nothing yet". */
  readonly begins: readonly number[];
  /** Groups that conditions ask for; each adds the bit "is set". */
  readonly groups: readonly number[];
  /** Groups that references name; where there are any, their spans belong to what the outcome depends on. */
  readonly referenced: readonly number[];
  /** The `shut` of the part it belongs to, or -1 at the top. */
  readonly shut: number;
  /** Whether a success may be reused too; not when it would skip groups that somebody wants. */
  readonly pure: boolean;
}

/** A character set prepared for testing. */
export interface CharTest {
  readonly latin: Uint8Array;
  readonly ranges: Ranges;
}

/** A compiled pattern for the backtracking machine. */
export interface Program {
  readonly code: Int32Array;
  readonly sets: readonly CharTest[];
  readonly memo: readonly MemoPoint[];
  /** Rows of the memo table. */
  readonly rows: number;
  /** Slots: two per group, one for the last closed group, one per loop that can take nothing. */
  readonly slots: number;
  readonly groups: number;
  /**
   * Whether marks that abandoned attempts left behind can be seen, so that all are kept as CPython keeps them, and belong
   * to what the outcome of a choice depends on; then the last slot is the highest mark that is known.
   */
  readonly keepsMarks: boolean;
  /** Strings longer than this need another program, because counters were clamped. */
  readonly exactUpTo: number;
}

/** Prepares a set; Latin-1 is looked up in a table. */
export function charTest(ranges: Ranges): CharTest {
  const latin = new Uint8Array(256);
  for (let i = 0; i < ranges.length; i += 2) latin.fill(1, ranges[i], ranges[i + 1]);
  return { latin, ranges };
}

/** Whether the set holds `code`. */
export const holds = (test: CharTest, code: number): boolean =>
  code < 256 ? test.latin[code] === 1 : contains(test.ranges, code);

/** The slots of group `group`: its start, then its end. */
export const startSlot = (group: number): number => 2 * group - 2;
