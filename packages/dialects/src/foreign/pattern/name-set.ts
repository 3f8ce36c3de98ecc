import { compileSet } from '@fewbit/python-re';
import { fullSource, type NamePattern } from './name-pattern.ts';

/** Many patterns, asked at once which of them are about a name. */
export interface NameSet {
  /** Index of the first; -1 when there is none. Throws UndecidedError when a limit runs out. */
  readonly first: (name: string) => number;
  /** Indexes of all, ascending. Throws as `first`. */
  readonly all: (name: string) => readonly number[];
}

/**
 * Compiles patterns together: real recipes have thousands, and asking one after the other takes minutes.
 *
 * @throws PythonReError for a pattern that Python refuses, that is not supported, or that is larger than a limit.
 */
export function nameSet(patterns: readonly NamePattern[]): NameSet {
  const exact: Map<string, number[]> = new Map();
  const places: number[] = [];
  const sources: string[] = [];
  for (const [index, pattern] of patterns.entries()) {
    if (pattern.form === 'exact') exact.set(pattern.module, [...(exact.get(pattern.module) ?? []), index]);
    else {
      places.push(index);
      sources.push(fullSource(pattern));
    }
  }
  const set = compileSet(sources);
  const [broken] = set.errors;
  if (broken !== undefined) throw broken.error;
  return {
    first: (name) => {
      const found = places[set.firstFullmatch(name)] ?? Infinity;
      const first = Math.min(exact.get(name)?.[0] ?? Infinity, found);
      return first === Infinity ? -1 : first;
    },
    all: (name) => {
      const found = set.allFullmatches(name).map((index) => places[index] ?? -1);
      return [...(exact.get(name) ?? []), ...found].sort((left, right) => left - right);
    },
  };
}
