import { LimitError, PythonReError } from './errors.ts';
import { KeySet } from './key-set.ts';
import { type CompileOptions, type Settings, settingsOf } from './options.ts';
import { Pattern } from './pattern.ts';
import { writtenOut } from './size.ts';

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
  readonly #parsed: readonly (Pattern | undefined)[];
  readonly #settings: Settings;
  #keys: KeySet | undefined;

  /** @internal Use `compileSet`. */
  constructor(patterns: readonly (string | Pattern)[], settings: Settings) {
    const errors: PatternSetError[] = [];
    const used = { classRanges: 0, setNodes: 0 };
    /** Takes `more` of what the whole set may have, or throws. */
    const take = (limit: keyof typeof used, more: number, pattern: string, what: string): void => {
      const allowed = settings.limits[limit];
      if (used[limit] + more > allowed)
        throw new LimitError(pattern, limit, allowed, `with it, the set has more ${what}`);
      used[limit] += more;
    };
    const keys = patterns.map((given, index) => {
      try {
        const text = typeof given === 'string' ? given : given.pattern;
        // Before it is parsed: a set that is too long must not cost more than its length.
        take('setNodes', text.length, text, 'characters');
        const pattern = typeof given === 'string' ? new Pattern(given, settings) : given;
        // One that is larger than `nodes` is cut to what each string needs.
        const nodes = Math.min(writtenOut(pattern.syntax.root), settings.limits.nodes);
        take('setNodes', Math.max(0, nodes - text.length), text, 'automaton nodes');
        take('classRanges', pattern.syntax.classRanges, text, 'ranges of characters in its classes');
        return pattern;
      } catch (error) {
        if (!(error instanceof PythonReError)) throw error;
        error.index = index;
        errors.push({ index, error });
        return undefined;
      }
    });
    this.patterns = patterns.map((pattern) => (typeof pattern === 'string' ? pattern : pattern.pattern));
    this.errors = errors;
    this.#parsed = keys;
    this.#settings = settings;
  }

  /** Built when first asked: one who only wants to know which patterns are broken does not pay for it. */
  get #set(): KeySet {
    return (this.#keys ??= new KeySet(this.#parsed, this.#settings));
  }

  /** Units of work done so far, of `limits.totalSteps`. */
  get work(): number {
    return this.#keys?.work ?? 0;
  }

  /**
   * Returns the index of the first pattern that matches all of `name`, or -1.
   *
   * @throws {PythonReError} the error of pattern `i` (one of `errors`) when no pattern before `i` matches, exactly where
   * a loop over `re.fullmatch` would raise.
   * @throws {UndecidedError} when a limit ran out before the answer was known; its `index` says for which pattern.
   */
  firstFullmatch(name: string): number {
    const [broken] = this.errors;
    const first = this.#set.first(name, broken?.index ?? Infinity);
    if (first < 0 && broken) throw broken.error;
    return first;
  }

  /**
   * Returns the indices of all patterns that match all of `name`, in order.
   *
   * @throws {PythonReError} the first of `errors`, if there is any.
   * @throws {UndecidedError} when a limit ran out before the answer was known.
   */
  allFullmatches(name: string): readonly number[] {
    const [broken] = this.errors;
    if (broken) throw broken.error;
    return this.#set.every(name);
  }

  /**
   * Returns a number for what may follow a beginning of names: after two beginnings with one number, the same rest makes names
   * of which `allFullmatches` says the same, whatever the rest is, but for one with a newline. So of names that differ only in
   * what they begin with, few have to be asked about. -1 where it is not told; not every two beginnings that are alike
   * have one number.
   */
  classAfter(beginning: string): number {
    return this.errors.length > 0 ? -1 : this.#set.classAfter(beginning);
  }
}

/**
 * Compiles many patterns to be asked together; the first match wins. A pattern that cannot be compiled does not stop
 * the others: it is listed in `errors`, and thrown when a name reaches it.
 *
 * @throws {RangeError} for an option that means nothing.
 */
export function compileSet(patterns: readonly (string | Pattern)[], options?: CompileOptions): PatternSet {
  return new PatternSet(patterns, settingsOf(options));
}
