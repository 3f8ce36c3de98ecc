import { wordRanges } from '../charset/categories.ts';
import { NOTHING } from '../charset/ranges.ts';
import { unicodeTables } from '../unicode/tables.ts';
import { type PythonVersion, versionRules } from '../version.ts';
import { Alphabet } from './alphabet.ts';
import type { Arena } from './arena.ts';
import type { Re } from './expression.ts';
import { Builder } from './builder.ts';
import type { Matcher, Ranked } from './matcher.ts';
import type { Meter } from './meter.ts';
import { Subject } from './subject.ts';

/** What an engine is asked about. All expressions come from one arena. */
export interface EngineParts {
  /** Expressions of which the first match is wanted, the most important first. */
  readonly regular: readonly Re[];
  /** Expressions of which all matches are wanted, because something else decides. */
  readonly candidates: readonly Re[];
  /** Expressions that are asked one at a time. */
  readonly single: readonly Re[];
}

/** All regular expressions of a set, ready to be asked about strings without a newline. */
export class RegularEngine {
  readonly #subject = new Subject();
  readonly #alphabet: Alphabet;
  readonly #regular: Ranked;
  readonly #candidates: Ranked;
  readonly #single: readonly Matcher[];
  readonly #count: number;
  // Emptied for each question: a list that is made anew and pushed to keeps room for 17 ranks.
  readonly #found: number[] = [];

  constructor(parts: EngineParts, arena: Arena, version: PythonVersion, meter: Meter) {
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
    const builder = new Builder(context);
    this.#regular = builder.build(parts.regular);
    this.#candidates = builder.build(parts.candidates);
    this.#single = parts.single.map((re) => builder.single(re));
    this.#count = parts.regular.length;
  }

  /** Takes `text` as the string to be asked about; returns false when it has a newline, and cannot be. */
  load(text: string): boolean {
    return this.#subject.load(text, this.#alphabet);
  }

  /** The first regular expression that matches the whole string, or -1. */
  first(): number {
    const rank = this.#regular.lowest(0, this.#count);
    return rank < this.#count ? rank : -1;
  }

  /** All regular expressions that match the whole string, each once, in no order. The list is good until the next question. */
  every(): readonly number[] {
    return this.#ranksOf(this.#regular);
  }

  /** All candidates that match the whole string, in order. */
  candidates(): readonly number[] {
    return [...this.#ranksOf(this.#candidates)].sort((a, b) => a - b);
  }

  /**
   * Adds to `notes` where the regular expressions stand after the subject, if it goes on; nothing when none can match any more.
   * Returns false where that cannot be told, as where a candidate may still match.
   */
  stand(notes: number[]): boolean {
    const before = notes.length;
    if (!this.#candidates.stand(0, notes) || notes.length > before) return false;
    return this.#regular.stand(0, notes);
  }

  /** Whether one of the single expressions matches the whole string. */
  single(index: number): boolean {
    return this.#single[index]?.lowest(0, 1) === 0;
  }

  /** What a matcher finds in the whole string, each rank once. Most names match nothing, or one. */
  #ranksOf(matcher: Ranked): readonly number[] {
    const found = this.#found;
    while (found.length > 0) found.pop();
    matcher.every(0, found);
    return found.length < 2 ? found : [...new Set(found)];
  }
}
