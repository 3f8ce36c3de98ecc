import type { Node, ParsedPattern, RepeatNode } from '../ast.ts';
import { LimitError } from '../errors.ts';
import { widthOf } from '../parse/width.ts';
import { factsOf, hasGroup, isUnit, type TreeFacts } from './analyse.ts';
import {
  ANCHORS,
  CELLS,
  type CharTest,
  charTest,
  type MemoPoint,
  Op,
  type Program,
  Restore,
  startSlot,
} from './program.ts';

/** What `compileProgram` needs besides the tree. */
export interface ProgramOptions {
  /** Whether the spans of all groups are wanted, or only whether there is a match. */
  readonly captures: boolean;
  /** Longest string that the program must handle; counters beyond are written as open or impossible. */
  readonly maxLength: number;
  /** Most instructions. */
  readonly maxNodes: number;
  /** Whether possessive repeats keep the marks of abandoned attempts, as before gh-101955 was mended. */
  readonly possessiveKeepsMarks: boolean;
  /** For errors. */
  readonly pattern: string;
}

/** How a part that is matched for itself ends: the operand of `shut`. */
const ATOMIC = 0;
const LOOK = 1;
const NEGATIVE = 2;

/** Loops nested deeper than this make a choice too costly to remember. */
const MAX_BITS = 8;

/** What surrounds the instruction being written. */
interface Place {
  /** Slots of the loops around it, inside the innermost part that is matched for itself. */
  readonly begins: readonly number[];
  /** The part that is matched for itself; its `shut` is filled in when it is known. */
  readonly part: { shut: number; readonly pure: boolean };
  /** Whether CPython puts all marks back when it gives a choice up here: inside a loop. */
  readonly looped: boolean;
}

class Compiler {
  readonly code: number[] = [];
  readonly sets: CharTest[] = [];
  readonly memo: (Omit<MemoPoint, 'shut' | 'pure'> & { readonly part: Place['part'] })[] = [];
  rows = 0;
  slots: number;
  exactUpTo = Infinity;
  readonly #setIds: Map<string, number> = new Map();
  readonly #facts: TreeFacts;
  readonly #widths: ParsedPattern['groupWidths'];
  readonly #options: ProgramOptions;
  /** The groups whose marks the outcome of a choice depends on, because they can be seen afterwards. */
  readonly #marked: readonly number[];
  readonly keepsMarks: boolean;
  /** Whether the marks of all groups are wanted. */
  readonly #wantsAll: boolean;

  constructor(parsed: ParsedPattern, options: ProgramOptions) {
    this.#options = options;
    this.slots = 2 * parsed.groups + 1;
    const facts = (this.#facts = factsOf(parsed.root));
    const seen = options.captures || facts.referenced.size + facts.conditions.size > 0;
    this.keepsMarks = facts.asksOpenGroup || (options.possessiveKeepsMarks && facts.possessiveGroup && seen);
    this.#wantsAll = options.captures || this.keepsMarks;
    this.#marked = this.keepsMarks ? Array.from({ length: parsed.groups }, (_, i) => i + 1) : [...facts.referenced];
    this.#widths = parsed.groupWidths;
  }

  /** Writes an instruction and returns where. */
  emit(op: number, a = 0, b = 0, c = 0): number {
    const at = this.code.length;
    if (at >= this.#options.maxNodes * CELLS) {
      const seen = 'its counters, written out, need more automaton nodes';
      throw new LimitError(this.#options.pattern, 'nodes', this.#options.maxNodes, seen);
    }
    this.code.push(op, a, b, c);
    return at;
  }

  get here(): number {
    return this.code.length;
  }

  #set(node: Node & { kind: 'char' }): number {
    const key = node.set.join();
    let id = this.#setIds.get(key);
    if (id === undefined) {
      id = this.sets.length;
      this.#setIds.set(key, id);
      this.sets.push(charTest(node.set));
    }
    return id;
  }

  #memoPoint(place: Place): number {
    // Conditions need a bit each, unless the whole marks are known anyway.
    const groups = this.keepsMarks ? [] : [...this.#facts.conditions];
    const bits = place.begins.length + groups.length;
    if (bits > MAX_BITS) return -1;
    const id = this.memo.length;
    this.memo.push({
      row: this.rows,
      begins: place.begins,
      groups,
      referenced: this.#marked,
      part: place.part,
    });
    this.rows += 2 ** bits;
    return id;
  }

  /** Writes a choice whose targets are set later; coming back to it restores everything unless `loose`. */
  #split(place: Place, loose = false): number {
    return this.emit(loose && this.keepsMarks ? Op.looseSplit : Op.split, -1, -1, this.#memoPoint(place));
  }

  /** Where CPython restores even after its last attempt, before it gives up. */
  #hold(place: Place): void {
    if (this.keepsMarks && place.looped) this.emit(Op.hold);
  }

  #aim(split: number, first: number, second: number): void {
    this.code[split + 1] = first;
    this.code[split + 2] = second;
  }

  node(node: Node, place: Place): void {
    switch (node.kind) {
      case 'char':
        if (node.set.length === 0) this.emit(Op.fail);
        else this.emit(Op.char, this.#set(node));
        return;
      case 'seq':
        for (const item of node.items) this.node(item, place);
        return;
      case 'alt':
        this.#alternatives(node.branches, place);
        return;
      case 'group':
        this.#group(node.index, node.body, place);
        return;
      case 'anchor':
        this.emit(Op.anchor, ANCHORS.indexOf(node.at), node.ascii ? 1 : 0);
        return;
      case 'ref':
        this.emit(Op.ref, node.group, node.fold === 'none' ? 0 : node.fold === 'ascii' ? 1 : 2);
        return;
      case 'atomic':
        this.#plainPart(node.body, ATOMIC, place.looped);
        return;
      case 'look':
        this.#plainPart(node.body, node.negated ? NEGATIVE : LOOK, place.looped, node.width);
        return;
      case 'cond':
        this.#condition(node, place);
        return;
      case 'repeat':
        if (node.mode === 'possessive') this.#possessive(node, place);
        else {
          this.#repeat(node, place, (inner) => {
            this.node(node.body, inner);
          });
        }
    }
  }

  #alternatives(branches: readonly Node[], place: Place): void {
    const jumps: number[] = [];
    this.#hold(place);
    branches.forEach((branch, i) => {
      const last = i === branches.length - 1;
      const split = last ? -1 : this.#split(place, !place.looped);
      const first = this.here;
      this.node(branch, place);
      if (last) return;
      jumps.push(this.emit(Op.jump));
      this.#aim(split, first, this.here);
    });
    for (const jump of jumps) this.code[jump + 1] = this.here;
  }

  #group(index: number, body: Node, place: Place): void {
    const wanted = this.#wantsAll || this.#facts.referenced.has(index) || this.#facts.conditions.has(index);
    if (wanted) this.emit(Op.save, startSlot(index));
    this.node(body, place);
    if (wanted) this.emit(Op.close, startSlot(index) + 1, index);
  }

  /** Writes a part that is matched for itself; `write` writes what is inside. */
  #part(body: Node, shutMode: number, looped: boolean, write: (place: Place) => void, width = 0): void {
    const { referenced, conditions } = this.#facts;
    const wanted = this.#wantsAll || referenced.size + conditions.size > 0;
    const place: Place = { begins: [], part: { shut: -1, pure: !wanted || !hasGroup(body) }, looped };
    const negative = shutMode === NEGATIVE;
    let restoring: number = Restore.everything;
    if (this.keepsMarks && !(negative && looped)) restoring = negative ? Restore.loosely : Restore.nothing;
    const open = this.emit(Op.open, -1, width, restoring);
    write(place);
    place.part.shut = this.emit(Op.shut, shutMode, this.keepsMarks ? Restore.nothing : Restore.everything);
    if (negative) this.code[open + 1] = this.here;
  }

  #plainPart(body: Node, shutMode: number, looped: boolean, width = 0): void {
    this.#part(
      body,
      shutMode,
      looped,
      (place) => {
        this.node(body, place);
      },
      width,
    );
  }

  #condition(node: Node & { kind: 'cond' }, place: Place): void {
    const test = this.emit(Op.ifUnset, node.group);
    this.node(node.yes, place);
    if (!node.no) {
      this.code[test + 2] = this.here;
      return;
    }
    const jump = this.emit(Op.jump);
    this.code[test + 2] = this.here;
    this.node(node.no, place);
    this.code[jump + 1] = this.here;
  }

  /** Every iteration is matched for itself, and so is the whole. */
  #possessive(node: RepeatNode, { looped }: Place): void {
    const inside = looped || !this.#options.possessiveKeepsMarks;
    this.#part(node.body, ATOMIC, inside, (place) => {
      this.#repeat(node, place, () => {
        this.#plainPart(node.body, ATOMIC, inside);
      });
    });
  }

  /** The counts as far as strings up to the longest can tell; undefined when no such string can match. */
  #clamp(node: RepeatNode): { min: number; max: number } | undefined {
    const longest = this.#options.maxLength;
    const width = widthOf(node.body, this.#widths).min;
    let { min, max } = node;
    if (longest === Infinity) return { min, max };
    // Without a width, one iteration that takes nothing ends the loop.
    const useful = width > 0 ? Math.floor(longest / width) : longest + min + 1;
    if (width > 0 && min * width > longest) {
      this.exactUpTo = longest;
      // The attempt fails in any case, but leaves the marks of its iterations behind.
      return this.keepsMarks ? { min: useful + 1, max: useful + 1 } : undefined;
    }
    if (max !== Infinity && max > useful) {
      this.exactUpTo = longest;
      max = Infinity;
    }
    min = Math.min(min, max);
    return { min, max };
  }

  #repeat(node: RepeatNode, place: Place, write: (inner: Place) => void): void {
    const counts = this.#clamp(node);
    if (!counts) {
      this.emit(Op.fail);
      return;
    }
    const { min, max } = counts;
    const unit = isUnit(node.body);
    const looped = place.looped || (!unit && node.mode !== 'possessive');
    for (let i = 0; i < min; i++) write({ ...place, looped });
    if (max === min) return;
    if (unit) this.#hold(place);
    const nullable = widthOf(node.body, this.#widths).min === 0;
    const slot = nullable ? this.slots++ : -1;
    const inner = { ...place, looped, begins: nullable ? [...place.begins, slot] : place.begins };
    const loose = !place.looped && (unit || node.mode === 'lazy');
    const splits: number[] = [];
    const empties: number[] = [];
    const optional = (): void => {
      splits.push(this.#split(place, loose));
      if (nullable) this.emit(Op.begin, slot);
      write(inner);
      if (nullable) empties.push(this.emit(Op.ifEmpty, slot));
    };
    if (max === Infinity) {
      const loop = this.here;
      optional();
      this.emit(Op.jump, loop);
    } else for (let i = min; i < max; i++) optional();
    for (const split of splits) {
      const body = split + CELLS;
      if (node.mode === 'lazy') this.#aim(split, this.here, body);
      else this.#aim(split, body, this.here);
    }
    for (const empty of empties) this.code[empty + 2] = this.here;
  }
}

/**
 * Compiles a tree for the backtracking machine.
 *
 * @throws {LimitError} when its counters, written out, need more than `maxNodes` instructions.
 */
export function compileProgram(parsed: ParsedPattern, options: ProgramOptions): Program {
  const compiler = new Compiler(parsed, options);
  compiler.node(parsed.root, { begins: [], part: { shut: -1, pure: true }, looped: false });
  compiler.emit(Op.match);
  const { code, sets, rows, exactUpTo, keepsMarks } = compiler;
  const slots = compiler.slots + (keepsMarks ? 1 : 0);
  const memo = compiler.memo.map(({ part, ...point }) => ({ ...point, ...part }));
  return { code: Int32Array.from(code), sets, memo, rows, slots, groups: parsed.groups, keepsMarks, exactUpTo };
}
