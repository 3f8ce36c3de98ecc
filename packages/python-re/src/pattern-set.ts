import { Arena } from './engine/arena.ts';
import type { Meter } from './engine/dfa.ts';
import { type Item, TooManyNodes } from './engine/nfa.ts';
import { toRegular, trimAnchors } from './engine/regular.ts';
import { Union } from './engine/union.ts';
import { LimitError, PythonReError } from './errors.ts';
import { type CompileOptions, type Settings, settingsOf } from './options.ts';
import { Pattern } from './pattern.ts';
import { Backtracker, CodePoints } from './vm/backtracker.ts';

/** A pattern of a set that could not be compiled. */
export interface PatternSetError {
  /** Its place in the list given to `compileSet`. */
  readonly index: number;
  /** Why; `error.index` is the same number. */
  readonly error: PythonReError;
}

/** Many patterns that are asked together, made by `compileSet`. */
export class PatternSet {
  /** The patterns as given. */
  readonly patterns: readonly string[];
  /** Those that could not be compiled, in order. They act like `raise` where a loop in Python would reach them. */
  readonly errors: readonly PatternSetError[];
  readonly #union: Union;
  readonly #irregular: readonly Irregular[];
  readonly #compiled: ReadonlyMap<number, Pattern>;
  readonly #testers = new Map<number, Backtracker>();
  readonly #codes = new CodePoints();
  #text: Int32Array = new Int32Array(256);

  /** @internal Use `compileSet`. */
  constructor(patterns: readonly (string | Pattern)[], settings: Settings) {
    const errors: PatternSetError[] = [];
    const items: Item[] = [];
    const irregular: Irregular[] = [];
    const compiled = new Map<number, Pattern>();
    const arena = new Arena();
    const meter: Meter = { spend: () => undefined, reserve: () => true };
    patterns.forEach((given, index) => {
      try {
        const pattern = typeof given === 'string' ? new Pattern(given, settings) : given;
        compiled.set(index, pattern);
        const re = toRegular(pattern.syntax.root, arena);
        if ('op' in re) items.push({ re: trimAnchors(re, arena), key: index });
        else irregular.push({ index });
      } catch (error) {
        if (!(error instanceof PythonReError)) throw error;
        error.index = index;
        errors.push({ index, error });
      }
    });
    this.patterns = patterns.map((pattern) => (typeof pattern === 'string' ? pattern : pattern.pattern));
    this.errors = errors;
    this.#irregular = irregular;
    this.#compiled = compiled;
    try {
      this.#union = new Union(items, arena, settings.version, settings.limits.nodes * Math.max(1, items.length), meter);
    } catch (error) {
      if (!(error instanceof TooManyNodes)) throw error;
      throw new LimitError(
        this.patterns.join('|').slice(0, 80),
        'nodes',
        settings.limits.nodes,
        'counters are too large',
      );
    }
  }

  #test(index: number, length: number, name: string): boolean {
    const pattern = this.#compiled.get(index);
    if (!pattern) return false;
    let tester = this.#testers.get(index);
    if (!tester) {
      tester = new Backtracker(pattern.pattern, pattern.syntax, pattern.settings, false);
      this.#testers.set(index, tester);
    }
    try {
      return tester.find('fullmatch', this.#codes.text, length, name) !== undefined;
    } catch (error) {
      if (error instanceof PythonReError) error.index = index;
      throw error;
    }
  }

  /**
   * Returns the index of the first pattern that matches all of `name`, or -1.
   *
   * @throws {PythonReError} the error of pattern `i` (one of `errors`) when no pattern before `i` matches, exactly where
   * a loop over `re.fullmatch` would raise; `UndecidedError` when a limit ran out before the answer was known.
   */
  firstFullmatch(name: string): number {
    let best = this.#translate(name) ? this.#union.first(this.#text, 0, this.#length) : -1;
    const [broken] = this.errors;
    const bound = Math.min(best < 0 ? Infinity : best, broken?.index ?? Infinity);
    const others = this.#length < 0 ? [...this.#compiled.keys()] : this.#irregular.map(({ index }) => index);
    if (others.length > 0) {
      const length = this.#codes.load(name);
      const found = others.find((index) => index < bound && this.#test(index, length, name));
      if (found !== undefined) best = found;
    }
    if (broken && (best < 0 || best > broken.index)) throw broken.error;
    return best;
  }

  /**
   * Returns the indices of all patterns that match all of `name`, in order.
   *
   * @throws {PythonReError} the first of `errors`, if there is any; `UndecidedError` when a limit ran out.
   */
  allFullmatches(name: string): number[] {
    const [broken] = this.errors;
    if (broken) throw broken.error;
    const found = this.#translate(name) ? [...this.#union.every(this.#text, 0, this.#length)] : [];
    const others = this.#length < 0 ? [...this.#compiled.keys()] : this.#irregular.map(({ index }) => index);
    if (others.length === 0) return found;
    const length = this.#codes.load(name);
    for (const index of others) if (this.#test(index, length, name)) found.push(index);
    return found.sort((a, b) => a - b);
  }

  #length = 0;

  #translate(name: string): boolean {
    if (name.length > this.#text.length) this.#text = new Int32Array(name.length * 2);
    this.#length = this.#union.alphabet.translate(name, this.#text);
    return this.#length >= 0;
  }
}

interface Irregular {
  readonly index: number;
}

/**
 * Compiles many patterns to be asked together; the first match wins. A pattern that cannot be compiled does not stop
 * the others: it is listed in `errors`, and thrown when a name reaches it.
 */
export function compileSet(patterns: readonly (string | Pattern)[], options?: CompileOptions): PatternSet {
  return new PatternSet(patterns, settingsOf(options));
}
