import type { AnchorKind } from '../ast.ts';
import { Memo } from './memo.ts';
import {
  ANCHORS,
  CELLS,
  type CharTest,
  holds,
  type MemoPoint,
  Op,
  type Program,
  Restore,
  startSlot,
} from './program.ts';

/**
 * Cells of a stack frame: where to go on, position, height of the undo log, of the path log, innermost open part. A
 * height that is negative, as its complement, is to be restored loosely.
 */
const FRAME = 5;
/** Instead of where to go on: the attempt has failed. */
const FAILED = -1;
/** Instead of where to go on: the choice in the position's cell has failed, leaving the marks as they are. */
const EXPLORED = -2;
/** A height of the undo log that restores nothing. */
const NOTHING = 0x7fff_ffff;

/** What it costs to look up a choice by name, in steps, once and for each group whose span belongs to the name. */
const NAMED_STEPS = 5;

/** What the machine must know about the Python version. */
export interface MachineRules {
  /** Lower-case form of a code point, for references that ignore case. */
  readonly lower: (code: number) => number;
  readonly word: CharTest;
  readonly asciiWord: CharTest;
  readonly notBoundaryMatchesEmpty: boolean;
}

/** The step budget ran out. */
export class OutOfSteps extends Error {}

function grown(array: Int32Array, needed: number): Int32Array {
  if (needed <= array.length) return array;
  const larger = new Int32Array(Math.max(needed, array.length * 2));
  larger.set(array);
  return larger;
}

/**
 * Backtracks through a program the way CPython's engine does, and remembers which choices were explored, so that the
 * work is linear in the string unless the pattern has references.
 */
export class Machine {
  /** Positions by slot, -1 where unset; valid after a match. */
  slots: Int32Array;
  /** Steps taken since the last `load`. */
  steps = 0;
  readonly #program: Program;
  readonly #rules: MachineRules;
  readonly #memo = new Memo();
  /** The choice being looked up, where spans of groups belong to it. */
  readonly #name: Int32Array;
  #text: Int32Array = new Int32Array(0);
  #end = 0;
  #stack: Int32Array = new Int32Array(64 * FRAME);
  #undo: Int32Array = new Int32Array(64);
  #undoTop = 0;
  #path: Int32Array = new Int32Array(64);
  /** By cell of a choice that failed: the marks that it left. */
  readonly #left: Map<number, Int32Array> = new Map();

  constructor(program: Program, rules: MachineRules) {
    this.#program = program;
    this.#rules = rules;
    const named = program.memo[0]?.referenced.length ?? 0;
    this.#name = new Int32Array(named > 0 ? 2 + 2 * named : 0);
    this.slots = new Int32Array(program.slots);
  }

  /** Bytes of its tables, roughly. */
  get bytes(): number {
    return this.#memo.bytes + this.#stack.byteLength + this.#undo.byteLength + this.#path.byteLength;
  }

  /** Takes the first `length` code points of `text` as the string for the following runs. */
  load(text: Int32Array, length: number): void {
    this.#memo.release();
    this.#text = text;
    this.#end = length;
    this.steps = 0;
    this.#left.clear();
    this.#memo.reset(this.#program.rows, length, this.#name.length);
  }

  #write(slot: number, value: number): void {
    const undo = (this.#undo = grown(this.#undo, this.#undoTop + 2));
    undo[this.#undoTop++] = slot;
    undo[this.#undoTop++] = this.slots[slot] ?? -1;
    this.slots[slot] = value;
  }

  #rewind(top: number): void {
    while (this.#undoTop > top) {
      const value = this.#undo[--this.#undoTop] ?? -1;
      this.slots[this.#undo[--this.#undoTop] ?? 0] = value;
    }
  }

  /** Restores what is no mark, forgets marks above the highest that was known, and leaves the others. */
  #rewindLoosely(top: number): void {
    const marks = 2 * this.#program.groups;
    const undo = this.#undo;
    this.steps += (this.#undoTop - top) >> 1;
    for (let i = this.#undoTop; i > top; i -= 2) {
      const slot = undo[i - 2] ?? 0;
      if (slot >= marks) this.slots[slot] = undo[i - 1] ?? -1;
    }
    const highest = this.slots[this.slots.length - 1] ?? -1;
    let kept = top;
    for (let i = top; i < this.#undoTop; i += 2) {
      const slot = undo[i] ?? 0;
      if (slot >= marks) continue;
      if (slot > highest) this.slots[slot] = -1;
      else {
        // A frame further down may restore everything.
        undo[kept++] = slot;
        undo[kept++] = undo[i + 1] ?? -1;
      }
    }
    this.#undoTop = kept;
  }

  /** Goes back to a height of the undo log as a frame has it. */
  #restore(height: number): void {
    if (height < 0) this.#rewindLoosely(~height);
    else this.#rewind(height);
  }

  /** Sets a mark of a group. */
  #mark(slot: number, pos: number): void {
    this.#write(slot, pos);
    if (!this.#program.keepsMarks) return;
    const highest = this.slots.length - 1;
    if (slot > (this.slots[highest] ?? -1)) this.#write(highest, slot);
  }

  /** Leaves the marks as a choice left them when it was explored. */
  #leave(cell: number): void {
    this.#left.get(cell)?.forEach((value, slot) => {
      if (this.slots[slot] !== value) this.#write(slot, value);
    });
  }

  #isWord(pos: number, test: CharTest): boolean {
    return pos >= 0 && pos < this.#end && holds(test, this.#text[pos] ?? 0);
  }

  #anchorHolds(kind: AnchorKind | undefined, ascii: boolean, pos: number): boolean {
    const end = this.#end;
    const edge = (): boolean => {
      const test = ascii ? this.#rules.asciiWord : this.#rules.word;
      return this.#isWord(pos - 1, test) !== this.#isWord(pos, test);
    };
    switch (kind) {
      case 'start':
        return pos === 0;
      case 'lineStart':
        return pos === 0 || this.#text[pos - 1] === 10;
      case 'end':
        return pos === end || (pos === end - 1 && this.#text[pos] === 10);
      case 'lineEnd':
        return pos === end || this.#text[pos] === 10;
      case 'stringEnd':
        return pos === end;
      case 'boundary':
        return edge();
      case 'notBoundary':
        return !edge() && (end > 0 || this.#rules.notBoundaryMatchesEmpty);
      case undefined:
        return false;
    }
  }

  #isSet(group: number): boolean {
    const start = this.slots[startSlot(group)] ?? -1;
    return start >= 0 && (this.slots[startSlot(group) + 1] ?? -1) >= start;
  }

  /** The position after the text of `group` again, or -1. */
  #afterRef(group: number, fold: number, pos: number): number {
    if (!this.#isSet(group)) return -1;
    const start = this.slots[startSlot(group)] ?? 0;
    const end = this.slots[startSlot(group) + 1] ?? 0;
    if (pos + end - start > this.#end) return -1;
    const lowerAscii = (code: number): number => (code >= 0x41 && code <= 0x5a ? code + 0x20 : code);
    const map = fold === 2 ? this.#rules.lower : lowerAscii;
    for (let i = start; i < end; i++) {
      const a = this.#text[i] ?? 0;
      const b = this.#text[pos + i - start] ?? 0;
      if (a !== b && (fold === 0 || map(a) !== map(b))) return -1;
    }
    this.steps += end - start;
    return pos + end - start;
  }

  #cellOf(point: MemoPoint, pos: number): number {
    let bits = 0;
    for (const slot of point.begins) bits = bits * 2 + (this.slots[slot] === pos ? 1 : 0);
    for (const group of point.groups) bits = bits * 2 + (this.#isSet(group) ? 1 : 0);
    const { referenced } = point;
    if (this.#memo.isNamed) this.steps += NAMED_STEPS * (1 + referenced.length);
    if (referenced.length === 0) return this.#memo.cell(point.row + bits, pos);
    const name = this.#name;
    let cell = 0;
    name[cell++] = point.row + bits;
    name[cell++] = pos;
    for (const group of referenced) {
      const slot = startSlot(group);
      name[cell++] = this.slots[slot] ?? -1;
      name[cell++] = this.slots[slot + 1] ?? -1;
    }
    return this.#memo.named(name);
  }

  /**
   * Matches at `from`; with `whole`, only up to the end of the string. Returns the end of the match, or -1.
   *
   * @throws {OutOfSteps} after `budget` steps in all since `load`.
   */
  run(from: number, whole: boolean, budget: number): number {
    const { code, sets, memo, keepsMarks } = this.#program;
    const text = this.#text;
    const end = this.#end;
    let stack = this.#stack;
    let top = 0;
    let part = -1;
    let pathTop = 0;
    let pc = 0;
    let pos = from;
    this.slots.fill(-1);
    this.#undoTop = 0;

    const push = (next: number, restore: number, at: number): void => {
      if (top + FRAME > stack.length) stack = this.#stack = grown(stack, top + FRAME);
      const height = this.#undoTop;
      stack[top] = next;
      stack[top + 1] = at;
      stack[top + 2] = restore === Restore.everything ? height : restore === Restore.loosely ? ~height : NOTHING;
      stack[top + 3] = pathTop;
      stack[top + 4] = part;
      top += FRAME;
    };

    /** Closes the innermost part: its choices are final, and what they led to is remembered. */
    const shut = (): void => {
      const low = stack[part + 3] ?? 0;
      while (pathTop > low) {
        const point = this.#path[--pathTop] ?? 0;
        const cell = this.#path[--pathTop] ?? 0;
        this.#memo.set(cell, memo[point]?.pure === true ? pos + 1 : -1);
      }
      top = part;
      part = stack[top + 4] ?? -1;
    };

    for (;;) {
      if (++this.steps > budget) throw new OutOfSteps();
      let alive = true;
      switch (code[pc]) {
        case Op.char: {
          const test = sets[code[pc + 1] ?? 0];
          if (pos < end && test && holds(test, text[pos] ?? 0)) {
            pos++;
            pc += CELLS;
          } else alive = false;
          break;
        }
        case Op.looseSplit:
        case Op.split: {
          const id = code[pc + 3] ?? -1;
          const point = memo[id];
          if (point) {
            const cell = this.#cellOf(point, pos);
            const known = this.#memo.get(cell);
            if (known > 0) {
              pos = known - 1;
              pc = point.shut;
              break;
            }
            if (known === 0) {
              if (keepsMarks) this.#leave(cell);
              alive = false;
              break;
            }
            if (keepsMarks) push(EXPLORED, Restore.nothing, cell);
            this.#memo.set(cell, 0);
            if (part >= 0) {
              this.#path = grown(this.#path, pathTop + 2);
              this.#path[pathTop++] = cell;
              this.#path[pathTop++] = id;
            }
          }
          push(code[pc + 2] ?? 0, code[pc] === Op.split ? Restore.everything : Restore.loosely, pos);
          pc = code[pc + 1] ?? 0;
          break;
        }
        case Op.jump:
          pc = code[pc + 1] ?? 0;
          break;
        case Op.anchor:
          if (this.#anchorHolds(ANCHORS[code[pc + 1] ?? 0], code[pc + 2] === 1, pos)) pc += CELLS;
          else alive = false;
          break;
        case Op.hold:
          push(FAILED, Restore.everything, pos);
          pc += CELLS;
          break;
        case Op.begin:
          this.#write(code[pc + 1] ?? 0, pos);
          pc += CELLS;
          break;
        case Op.save:
          this.#mark(code[pc + 1] ?? 0, pos);
          pc += CELLS;
          break;
        case Op.close:
          this.#mark(code[pc + 1] ?? 0, pos);
          this.#write(2 * this.#program.groups, code[pc + 2] ?? 0);
          pc += CELLS;
          break;
        case Op.ifEmpty:
          pc = this.slots[code[pc + 1] ?? 0] === pos ? (code[pc + 2] ?? 0) : pc + CELLS;
          break;
        case Op.open: {
          const onFail = code[pc + 1] ?? -1;
          const back = code[pc + 2] ?? 0;
          if (back > pos) {
            if (onFail < 0) alive = false;
            else pc = onFail;
            break;
          }
          push(onFail, code[pc + 3] ?? 0, pos);
          part = top - FRAME;
          pos -= back;
          pc += CELLS;
          break;
        }
        case Op.shut: {
          const frame = part;
          shut();
          const mode = code[pc + 1] ?? 0;
          if (mode > 0) pos = stack[frame + 1] ?? 0;
          if (mode === 2) {
            if (code[pc + 2] === Restore.everything) this.#rewind(stack[frame + 2] ?? 0);
            alive = false;
          } else pc += CELLS;
          break;
        }
        case Op.ref: {
          const after = this.#afterRef(code[pc + 1] ?? 0, code[pc + 2] ?? 0, pos);
          if (after < 0) alive = false;
          else {
            pos = after;
            pc += CELLS;
          }
          break;
        }
        case Op.ifUnset:
          pc = this.#isSet(code[pc + 1] ?? 0) ? pc + CELLS : (code[pc + 2] ?? 0);
          break;
        case Op.match:
          if (!whole || pos === end) return pos;
          alive = false;
          break;
        case Op.fail:
        case undefined:
          alive = false;
      }
      while (!alive) {
        if (top === 0) return -1;
        top -= FRAME;
        pc = stack[top] ?? -1;
        pos = stack[top + 1] ?? 0;
        if (pc === EXPLORED) this.#left.set(pos, this.slots.slice(0, 2 * this.#program.groups));
        this.#restore(stack[top + 2] ?? 0);
        pathTop = stack[top + 3] ?? 0;
        part = stack[top + 4] ?? -1;
        alive = pc >= 0;
      }
    }
  }
}
