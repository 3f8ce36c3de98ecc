import { Arena } from './engine/arena.ts';
import type { Meter } from './engine/dfa.ts';
import { type Item, TooManyNodes } from './engine/nfa.ts';
import { toRegular, trimAnchors } from './engine/regular.ts';
import { Union } from './engine/union.ts';
import { LimitError, PythonReError, UnsupportedPatternError } from './errors.ts';
import { type CompileOptions, type Settings, settingsOf } from './options.ts';
import { Pattern } from './pattern.ts';

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
  #text: Int32Array = new Int32Array(256);

  /** @internal Use `compileSet`. */
  constructor(patterns: readonly (string | Pattern)[], settings: Settings) {
    const errors: PatternSetError[] = [];
    const items: Item[] = [];
    const arena = new Arena();
    const meter: Meter = { spend: () => undefined, reserve: () => true };
    patterns.forEach((given, index) => {
      try {
        const pattern = typeof given === 'string' ? new Pattern(given, settings) : given;
        const re = toRegular(pattern.syntax.root, arena);
        if ('op' in re) items.push({ re: trimAnchors(re, arena), key: index });
        else throw new UnsupportedPatternError(pattern.pattern, `construct "${re.kind}"`, re.pos, 'Not supported yet.');
      } catch (error) {
        if (!(error instanceof PythonReError)) throw error;
        error.index = index;
        errors.push({ index, error });
      }
    });
    this.patterns = patterns.map((pattern) => (typeof pattern === 'string' ? pattern : pattern.pattern));
    this.errors = errors;
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

  /**
   * Returns the index of the first pattern that matches all of `name`, or -1.
   *
   * @throws {PythonReError} the error of pattern `i` (one of `errors`) when no pattern before `i` matches, exactly where
   * a loop over `re.fullmatch` would raise.
   */
  firstFullmatch(name: string): number {
    const length = this.#translate(name);
    const index = this.#union.first(this.#text, 0, length);
    const [broken] = this.errors;
    if (broken && (index < 0 || index > broken.index)) throw broken.error;
    return index;
  }

  /**
   * Returns the indices of all patterns that match all of `name`, in order.
   *
   * @throws {PythonReError} the first of `errors`, if there is any.
   */
  allFullmatches(name: string): number[] {
    const [broken] = this.errors;
    if (broken) throw broken.error;
    const length = this.#translate(name);
    return [...this.#union.every(this.#text, 0, length)];
  }

  #translate(name: string): number {
    if (name.length > this.#text.length) this.#text = new Int32Array(name.length * 2);
    const length = this.#union.alphabet.translate(name, this.#text);
    if (length < 0) {
      throw new UnsupportedPatternError(this.patterns[0] ?? '', 'newline in the string', 0, 'Not supported yet.');
    }
    return length;
  }
}

/**
 * Compiles many patterns to be asked together; the first match wins. A pattern that cannot be compiled does not stop
 * the others: it is listed in `errors`, and thrown when a name reaches it.
 */
export function compileSet(patterns: readonly (string | Pattern)[], options?: CompileOptions): PatternSet {
  return new PatternSet(patterns, settingsOf(options));
}
