import type { ParsedPattern } from '../ast.ts';
import { unicodeCaseRules } from '../charset/case.ts';
import { contains, type Ranges } from '../charset/ranges.ts';
import { wordRanges } from '../charset/categories.ts';
import { UndecidedError } from '../errors.ts';
import type { Settings } from '../options.ts';
import { unicodeTables } from '../unicode/tables.ts';
import { versionRules } from '../version.ts';
import { searchFilter } from './analyse.ts';
import { compileProgram } from './compile.ts';
import { Machine, type MachineRules, OutOfSteps } from './machine.ts';
import { charTest, type Program } from './program.ts';

/** Programs up to this size are compiled once for strings of any length. */
const SMALL = 2000;
/** Shortest string length that counters are clamped for. */
const SHORTEST = 64;

function rulesOf(settings: Settings): MachineRules {
  const tables = unicodeTables(settings.version);
  return {
    lower: unicodeCaseRules(tables).lower,
    word: charTest(wordRanges(false, tables)),
    asciiWord: charTest(wordRanges(true, tables)),
    notBoundaryMatchesEmpty: versionRules(settings.version).notBoundaryMatchesEmpty,
  };
}

const knownRules: Map<string, MachineRules> = new Map();

/** How a pattern is asked: of the whole string, at its start, or anywhere. */
export type Form = 'fullmatch' | 'match' | 'search';

/** Where a pattern matched, with the positions of all groups. */
export interface Found {
  readonly start: number;
  readonly end: number;
  /** Start and end of each group from 1 on, -1 where unset. */
  readonly marks: Int32Array;
  /** The group that was closed last, or -1. */
  readonly lastIndex: number;
}

/** One pattern on the backtracking machine, with or without the positions of its groups. */
export class Backtracker {
  readonly #pattern: string;
  readonly #parsed: ParsedPattern;
  readonly #settings: Settings;
  readonly #captures: boolean;
  readonly #filter?: Ranges;
  #program: Program | undefined;
  #machine: Machine | undefined;
  #bytes = 0;

  constructor(pattern: string, parsed: ParsedPattern, settings: Settings, captures: boolean) {
    this.#pattern = pattern;
    this.#parsed = parsed;
    this.#settings = settings;
    this.#captures = captures;
    const filter = searchFilter(parsed.root);
    if (filter) this.#filter = filter;
  }

  /** Steps that the last question took. */
  get steps(): number {
    return this.#machine?.steps ?? 0;
  }

  /** Bytes that it has come to hold since this was last read, roughly. */
  get grown(): number {
    const bytes = (this.#program?.code.byteLength ?? 0) + (this.#machine?.bytes ?? 0);
    const grown = bytes - this.#bytes;
    this.#bytes = bytes;
    return grown;
  }

  #compile(maxLength: number, maxNodes: number): Program {
    return compileProgram(this.#parsed, {
      captures: this.#captures,
      maxLength,
      maxNodes,
      possessiveKeepsMarks: versionRules(this.#settings.version).possessiveKeepsMarks,
      pattern: this.#pattern,
    });
  }

  #machineFor(length: number): Machine {
    if (this.#machine && length <= (this.#program?.exactUpTo ?? 0)) return this.#machine;
    let program: Program | undefined;
    const maxNodes = this.#settings.limits.nodes;
    if (!this.#program) {
      try {
        program = this.#compile(Infinity, Math.min(SMALL, maxNodes));
      } catch {
        // Too many counters to write out as they are; see what strings of this length need.
      }
    }
    program ??= this.#compile(Math.max(SHORTEST, 2 ** Math.ceil(Math.log2(length + 1))), maxNodes);
    let rules = knownRules.get(this.#settings.version);
    if (!rules) {
      rules = rulesOf(this.#settings);
      knownRules.set(this.#settings.version, rules);
    }
    this.#program = program;
    this.#machine = new Machine(program, rules);
    return this.#machine;
  }

  /**
   * Asks about the first `length` code points of `text`; `subject` is the same string, for errors.
   *
   * @throws {UndecidedError} when the steps run out.
   * @throws {LimitError} when the pattern needs too many nodes.
   */
  find(form: Form, text: Int32Array, length: number, subject: string): Found | undefined {
    const machine = this.#machineFor(length);
    const { steps } = this.#settings.limits;
    const last = form === 'search' ? length : 0;
    const filter = form === 'search' ? this.#filter : undefined;
    machine.load(text, length);
    try {
      for (let start = 0; start <= last; start++) {
        if (filter && !contains(filter, text[start] ?? 0)) continue;
        const end = machine.run(start, form === 'fullmatch', steps);
        if (end < 0) continue;
        const groups = 2 * this.#parsed.groups;
        return { start, end, marks: machine.slots.slice(0, groups), lastIndex: machine.slots[groups] ?? -1 };
      }
    } catch (error) {
      if (!(error instanceof OutOfSteps)) throw error;
      throw new UndecidedError(this.#pattern, subject, 'steps', steps);
    }
    return undefined;
  }
}

const EMPTY = new Int32Array(0);

/** The code points of a string, in a buffer that is used again. */
export class CodePoints {
  text: Int32Array = EMPTY;

  /** Decodes `subject` into `text` and returns how many code points there are. */
  load(subject: string): number {
    if (subject.length > this.text.length) this.text = new Int32Array(subject.length * 2);
    let length = 0;
    for (let i = 0; i < subject.length; i++) {
      const code = subject.codePointAt(i) ?? 0;
      if (code > 0xffff) i++;
      this.text[length++] = code;
    }
    return length;
  }
}
