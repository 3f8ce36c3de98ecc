import { compile, compileSet, PythonReError, type CompileOptions, type PythonVersion } from '@fewbit/python-re';

export { PythonReError };

/** Options for reading the patterns of `re:` keys. */
export interface PatternOptions {
  /** The Python whose `re` the patterns are written for; the default is that of `@fewbit/python-re`. */
  readonly pythonVersion?: PythonVersion;
}

/** A pattern that is not valid in Python, or that is not supported. */
export interface BrokenPattern {
  readonly index: number;
  readonly error: PythonReError;
}

/** Many Python patterns, asked at once which of them fully match a name. */
export interface PatternSet {
  /**
   * Index of the first pattern that fully matches; a broken one counts as a match, since Python would raise there and
   * never come to the next; -1 when there is none.
   *
   * @throws PythonReError when a pattern cannot be decided on this name.
   */
  readonly first: (name: string) => number;
  /** Indexes of all that fully match, ascending, without the broken ones. Throws as `first`. */
  readonly all: (name: string) => readonly number[];
  /** A number that is one for beginnings of names after which all is the same, whatever follows without a newline; -1: not told. */
  readonly classAfter: (beginning: string) => number;
  readonly broken: readonly BrokenPattern[];
}

/** @throws PythonReError when the patterns together exceed a bound. */
export function compilePatterns(patterns: readonly string[], options: PatternOptions): PatternSet {
  const compileOptions = compileOptionsOf(options);
  const whole = compileSet(patterns, compileOptions);
  const broken = whole.errors;
  const [firstBroken] = broken;
  if (firstBroken === undefined) {
    return {
      first: (name) => whole.firstFullmatch(name),
      all: (name) => whole.allFullmatches(name),
      classAfter: (beginning) => whole.classAfter(beginning),
      broken,
    };
  }
  const unusable = new Set(broken.map(({ index }) => index));
  const places = patterns.flatMap((_, index) => (unusable.has(index) ? [] : [index]));
  const sound = compileSet(
    places.map((place) => patterns[place] ?? ''),
    compileOptions,
  );
  return {
    first: (name) => {
      const place = places[sound.firstFullmatch(name)] ?? -1;
      return place === -1 || place > firstBroken.index ? firstBroken.index : place;
    },
    all: (name) => sound.allFullmatches(name).map((index) => places[index] ?? -1),
    // Whoever has broken patterns has other worries than time.
    classAfter: () => -1,
    broken,
  };
}

/** What is wrong with a pattern; null when it can be used. What it is read into is gone when this returns. */
export function checkPattern(pattern: string, options: PatternOptions): PythonReError | null {
  try {
    compile(pattern, compileOptionsOf(options));
    return null;
  } catch (error) {
    if (error instanceof PythonReError) return error;
    throw error;
  }
}

function compileOptionsOf({ pythonVersion }: PatternOptions): CompileOptions {
  return pythonVersion === undefined ? {} : { version: pythonVersion };
}
