import { compile, compileSet, PythonReError, type Pattern } from '@fewbit/python-re';

/** Python patterns that are asked from the start of a name on, as `re.match`. */
export interface StartPatterns {
  /** The index of the first that matches at the start of the name; -1 when none does. */
  readonly first: (name: string) => number;
}

export interface BrokenPattern {
  readonly source: string;
  readonly reason: string;
}

/**
 * Compiles patterns from a config. Never throws: what cannot be used is told to `onBroken`, now or when a name shows it.
 *
 * Lists of hundreds of entries are common (a skip list that names every router of a model), so the patterns are asked
 * together: what `match` takes is what `fullmatch` takes with anything after it.
 */
export function startPatterns(sources: readonly string[], onBroken: (broken: BrokenPattern) => void): StartPatterns {
  const together: { readonly index: number; readonly wrapped: Pattern }[] = [];
  const alone: { readonly index: number; readonly pattern: Pattern }[] = [];
  for (const [index, source] of sources.entries()) {
    const pattern = orBroken(source, onBroken, () => compile(source));
    if (pattern === null) continue;
    // Flags for the whole pattern may only stand at its start, where a wrapped pattern's are not.
    const wrapped = source.startsWith('(?')
      ? null
      : orBroken(
          source,
          () => undefined,
          () => compile(`(?:${source})(?s:.*)`),
        );
    if (wrapped === null) alone.push({ index, pattern });
    else together.push({ index, wrapped });
  }
  const set = compileSet(together.map(({ wrapped }) => wrapped));
  // A set has bounds of its own; one that it cannot take costs the others their speed, not their answer.
  const usable = set.errors.length === 0;

  const firstTogether = (name: string): number => {
    if (together.length === 0) return -1;
    if (usable) return together[set.firstFullmatch(name)]?.index ?? -1;
    return together.find(({ wrapped }) => wrapped.testFullmatch(name))?.index ?? -1;
  };
  const first = (name: string): number => {
    const found = firstTogether(name);
    const single = alone.find(({ pattern }) => pattern.testMatch(name))?.index ?? -1;
    return found < 0 || (single >= 0 && single < found) ? single : found;
  };
  let undecided = false;
  return {
    first: (name) => {
      if (undecided) return -1;
      try {
        return first(name);
      } catch (error) {
        if (!(error instanceof PythonReError)) throw error;
        // What runs out of steps on one name would on each of the others.
        undecided = true;
        onBroken({ source: error.pattern, reason: error.message });
        return -1;
      }
    },
  };
}

function orBroken(source: string, onBroken: (broken: BrokenPattern) => void, make: () => Pattern): Pattern | null {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof PythonReError)) throw error;
    onBroken({ source, reason: error.message });
    return null;
  }
}
