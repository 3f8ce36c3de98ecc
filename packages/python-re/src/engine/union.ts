import { wordRanges } from '../charset/categories.ts';
import { NOTHING } from '../charset/ranges.ts';
import { unicodeTables } from '../unicode/tables.ts';
import { type PythonVersion, versionRules } from '../version.ts';
import { Alphabet } from './alphabet.ts';
import type { Arena } from './arena.ts';
import { LazyDfa, type Meter, type WordFlags } from './dfa.ts';
import { buildNfa, type Item } from './nfa.ts';

/** A union of regular expressions as two lazy automata: one for the lowest match, one for all matches. */
export class Union {
  readonly alphabet: Alphabet;
  readonly #make: (all: boolean) => LazyDfa;
  #first: LazyDfa | undefined;
  #every: LazyDfa | undefined;

  constructor(items: readonly Item[], arena: Arena, version: PythonVersion, maxNodes: number, meter: Meter) {
    const tables = unicodeTables(version);
    const nfa = buildNfa(items, arena, maxNodes);
    const unicode = arena.usesEdges ? wordRanges(false, tables) : NOTHING;
    const ascii = arena.usesEdges ? wordRanges(true, tables) : NOTHING;
    arena.set(unicode);
    arena.set(ascii);
    const alphabet = new Alphabet(arena.sets);
    const words: WordFlags = {
      unicode: alphabet.flagsOf(unicode),
      ascii: alphabet.flagsOf(ascii),
      notEdgeInEmpty: versionRules(version).notBoundaryMatchesEmpty,
    };
    this.alphabet = alphabet;
    this.#make = (all) => new LazyDfa(nfa, alphabet, words, meter, all);
  }

  first(text: Int32Array, from: number, to: number): number {
    this.#first ??= this.#make(false);
    return this.#first.first(text, from, to);
  }

  every(text: Int32Array, from: number, to: number): readonly number[] {
    this.#every ??= this.#make(true);
    return this.#every.every(text, from, to);
  }
}
