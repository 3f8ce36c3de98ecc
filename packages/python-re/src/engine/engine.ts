import { wordRanges } from '../charset/categories.ts';
import { NOTHING } from '../charset/ranges.ts';
import { unicodeTables } from '../unicode/tables.ts';
import { type PythonVersion, versionRules } from '../version.ts';
import { Alphabet } from './alphabet.ts';
import type { Arena, Re } from './arena.ts';
import { Builder } from './builder.ts';
import { type Ranked, Subject } from './matcher.ts';
import type { Meter } from './meter.ts';

/** All regular expressions of a set, ready to be asked about strings without a newline. */
export class RegularEngine {
  readonly #subject = new Subject();
  readonly #alphabet: Alphabet;
  readonly #root: Ranked;
  readonly #count: number;

  constructor(expressions: readonly Re[], arena: Arena, version: PythonVersion, meter: Meter) {
    const tables = unicodeTables(version);
    const unicode = arena.usesEdges ? wordRanges(false, tables) : NOTHING;
    const ascii = arena.usesEdges ? wordRanges(true, tables) : NOTHING;
    arena.set(unicode);
    arena.set(ascii);
    this.#alphabet = new Alphabet(arena.sets);
    const words = {
      unicode: this.#alphabet.flagsOf(unicode),
      ascii: this.#alphabet.flagsOf(ascii),
      notEdgeInEmpty: versionRules(version).notBoundaryMatchesEmpty,
    };
    const context = { arena, alphabet: this.#alphabet, subject: this.#subject, words, meter };
    this.#root = new Builder(context).build(expressions);
    this.#count = expressions.length;
  }

  /** Takes `text` as the string to be asked about; returns false when it has a newline, and cannot be. */
  load(text: string): boolean {
    const subject = this.#subject;
    if (text.length > subject.classes.length) subject.classes = new Int32Array(text.length * 2);
    subject.length = this.#alphabet.translate(text, subject.classes);
    return subject.length >= 0;
  }

  /** The index of the first expression that matches the whole string, or -1. */
  first(): number {
    const rank = this.#root.lowest(0, this.#count);
    return rank < this.#count ? rank : -1;
  }

  /** The indices of all expressions that match the whole string. */
  every(): Set<number> {
    const out = new Set<number>();
    this.#root.every(0, (rank) => out.add(rank));
    return out;
  }
}
