import type { Ranges } from '../charset/ranges.ts';
import type { PythonVersion } from '../version.ts';
import { EXTRA_CASES, LOWER, ODD_UPPER, SETS, VERSIONS } from './generated/tables.ts';

/** What one Python version knows about characters; every set is computed by that Python itself. */
export interface UnicodeTables {
  /** `str.isalpha` */
  readonly alpha: Ranges;
  /** `str.isalnum`; with `_` it is `\w`. */
  readonly alnum: Ranges;
  /** `str.isdecimal`, which is `\d`. */
  readonly decimal: Ranges;
  /** `str.isspace`, which is `\s`. */
  readonly space: Ranges;
  /** Characters that change when lowered or raised. */
  readonly cased: Ranges;
  /** Characters that are an identifier by themselves. */
  readonly xidStart: Ranges;
  /** Characters that may continue an identifier. */
  readonly xidContinue: Ranges;
  /** `str.isprintable`, which decides what `repr` escapes. */
  readonly printable: Ranges;
  /** Simple lower-case mapping, for characters that have one. */
  readonly lower: ReadonlyMap<number, number>;
  /** Simple upper-case mapping of characters that are lower case. */
  readonly upper: ReadonlyMap<number, number>;
  /** Lower-case characters that also match these when case is ignored. */
  readonly extraCases: ReadonlyMap<number, readonly number[]>;
}

const fromBase36 = (text: string): number => Number.parseInt(text, 36);

function toggle(set: Set<number>, deltas: string): void {
  let at = 0;
  if (deltas === '') return;
  for (const cell of deltas.split(' ')) {
    at += fromBase36(cell);
    if (!set.delete(at)) set.add(at);
  }
}

function decodeLower(upTo: number): Map<number, number> {
  const out: Map<number, number> = new Map();
  for (const runs of LOWER.slice(0, upTo + 1)) {
    let start = 0;
    if (runs === '') continue;
    for (const run of runs.split(' ')) {
      const [gap = 0, count = 0, stride = 1, shift = 0] = run.split(',').map(fromBase36);
      start += gap;
      for (let i = 0; i < count; i++) out.set(start + i * stride, start + i * stride + shift);
    }
  }
  return out;
}

/** The upper case is the first character with that lower case, but for a few. */
function upperOf(lower: ReadonlyMap<number, number>): Map<number, number> {
  const out: Map<number, number> = new Map();
  for (const [from, to] of [...lower].sort(([a], [b]) => a - b)) if (!out.has(to)) out.set(to, from);
  for (const cell of ODD_UPPER.split(' ')) {
    const [from = 0, to = 0] = cell.split(',').map(fromBase36);
    out.set(from, to);
  }
  return out;
}

/** Each table when it is first asked for: all of them take longer than a recipe of some patterns, most of which need none. */
function decode(version: PythonVersion): UnicodeTables {
  const upTo = VERSIONS.indexOf(version);
  const boundaries = (name: string): Set<number> => {
    const [base = '', ...steps] = SETS[name] ?? [];
    const out = base === '' ? new Set<number>() : boundaries(base);
    for (const step of steps.slice(0, upTo + 1)) toggle(out, step);
    return out;
  };
  const set = (name: string): (() => Ranges) => once(() => [...boundaries(name)].sort((a, b) => a - b));
  const [alpha, alnum, decimal, space] = [set('alpha'), set('alnum'), set('decimal'), set('space')];
  const [cased, xidStart, xidContinue] = [set('cased'), set('xidStart'), set('xidContinue')];
  const printable = set('printable');
  const lower = once(() => decodeLower(upTo));
  const upper = once(() => upperOf(lower()));
  const extraCases = once(() => decodeExtraCases());
  return {
    get alpha() {
      return alpha();
    },
    get alnum() {
      return alnum();
    },
    get decimal() {
      return decimal();
    },
    get space() {
      return space();
    },
    get cased() {
      return cased();
    },
    get xidStart() {
      return xidStart();
    },
    get xidContinue() {
      return xidContinue();
    },
    get printable() {
      return printable();
    },
    get lower() {
      return lower();
    },
    get upper() {
      return upper();
    },
    get extraCases() {
      return extraCases();
    },
  };
}

function decodeExtraCases(): Map<number, readonly number[]> {
  const cells = EXTRA_CASES.split(' ').map((cell) => {
    const [from = 0, ...more] = cell.split(',').map(fromBase36);
    return [from, more] as const;
  });
  return new Map(cells);
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null;
  return () => (made ??= { value: make() }).value;
}

const decoded: Map<PythonVersion, UnicodeTables> = new Map();

/** The tables of `version`, each decoded once. */
export function unicodeTables(version: PythonVersion): UnicodeTables {
  let tables = decoded.get(version);
  if (!tables) {
    tables = decode(version);
    decoded.set(version, tables);
  }
  return tables;
}
