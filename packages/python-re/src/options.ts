import type { CharacterNames } from './parse/context.ts';
import { DEFAULT_VERSION, PYTHON_VERSIONS, type PythonVersion } from './version.ts';

/** Bounds on what a pattern may cost. All are counted, so the same input gives the same answer on every machine. */
export interface Limits {
  /** Code points in one pattern. A key that a person writes has tens. Default 4096. */
  readonly patternLength: number;
  /** Depth of nested groups; CPython itself stops near 490. Default 200. */
  readonly nesting: number;
  /** Ranges of characters in all classes of one pattern or set; `\w` has some 770. Default 1 000 000, or 16 MB. */
  readonly classRanges: number;
  /** Automaton nodes for one pattern, after its counters are written out. Default 50 000. */
  readonly nodes: number;
  /**
   * Characters of all patterns of a set, or automaton nodes where their counters, written out, take more; patterns beyond
   * are refused. Default 4 000 000, which is 400 for each of 10 000 keys.
   */
  readonly setNodes: number;
  /** Bytes of automaton states that one pattern or set keeps; beyond, it forgets and computes again. Default 64 MiB. */
  readonly stateBytes: number;
  /** Steps for one pattern and one string, besides reading it. Default 1 000 000, some tens of milliseconds. */
  readonly steps: number;
  /** Steps over the life of a `PatternSet`. Default 20 000 000 000. */
  readonly totalSteps: number;
}

/** What `compile` and `compileSet` take besides patterns. */
export interface CompileOptions {
  /** The CPython whose `re` is meant. Default '3.14'. */
  readonly version?: PythonVersion;
  /** Global flags as letters out of `aimsux`, as in `(?…)`; `i` is `re.IGNORECASE`. Default none. */
  readonly flags?: string;
  /** Bounds that differ from the defaults. */
  readonly limits?: Partial<Limits>;
  /** Table for `\N{…}`; without it such patterns are refused as unsupported. */
  readonly characterNames?: CharacterNames;
}

/** The default bounds. */
export const DEFAULT_LIMITS: Limits = {
  patternLength: 4096,
  nesting: 200,
  classRanges: 1_000_000,
  nodes: 50_000,
  setNodes: 4_000_000,
  stateBytes: 64 * 2 ** 20,
  steps: 1_000_000,
  totalSteps: 20_000_000_000,
};

/** Options with every default filled in. */
export interface Settings {
  readonly version: PythonVersion;
  readonly flags: string;
  readonly limits: Limits;
  readonly characterNames: CharacterNames | undefined;
}

/** Fills in defaults; throws RangeError for values that mean nothing. */
export function settingsOf(options: CompileOptions = {}): Settings {
  const { version = DEFAULT_VERSION, flags = '', characterNames } = options;
  if (!PYTHON_VERSIONS.includes(version)) {
    throw new RangeError(
      `Unknown Python version ${JSON.stringify(version)}; expected one of ${PYTHON_VERSIONS.join(', ')}`,
    );
  }
  const odd = Array.from(flags).find((letter) => !'aiLmsux'.includes(letter));
  if (odd !== undefined) throw new RangeError(`Unknown flag ${JSON.stringify(odd)}; expected letters out of "aimsux"`);
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  for (const [name, value] of Object.entries(limits)) {
    if (!(value > 0)) throw new RangeError(`limits.${name} is ${String(value)}; expected a positive number`);
  }
  return { version, flags, limits, characterNames };
}
