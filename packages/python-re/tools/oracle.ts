/** Real CPythons to compare with: interpreters on this machine and, for 3.13 and 3.14, Pyodide. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { loadPyodide } from 'pyodide';
import { loadPyodide as loadPyodide313 } from 'pyodide-313';
import { PYTHON_VERSIONS, type PythonVersion } from '../src/index.ts';

export type Question = readonly [pattern: string, flags: string, subjects: readonly string[]];
type Span = readonly [number, number] | null;
/** Spans of all groups, then lastindex; null is no match; a string names an exception. */
export type Verdict = readonly (Span | number)[] | string | null;
export interface Answer {
  readonly e?: readonly [
    kind: string,
    msg: string,
    pos: number | null,
    lineno: number | null,
    colno: number | null,
    text: string,
  ];
  readonly w?: readonly (readonly [category: string, message: string])[];
  readonly r?: readonly (readonly [fullmatch: Verdict, match: Verdict, search: Verdict])[];
}

export interface Oracle {
  /** Exact version, as in 3.13.2. */
  readonly exact: string;
  /** The version whose rules it follows. */
  readonly version: PythonVersion;
  /** Whether it runs in WebAssembly, which is 32-bit, so that it refuses smaller counts. */
  readonly narrow: boolean;
  readonly ask: (questions: readonly Question[]) => Answer[];
}

const script = new URL('./oracle.py', import.meta.url);

/** The interpreter at `python`. */
export function systemOracle(python: string): Oracle {
  const exact = execFileSync(python, ['-c', 'import platform; print(platform.python_version())'], {
    encoding: 'utf8',
  }).trim();
  const ask = (questions: readonly Question[]): Answer[] => {
    const input = `${JSON.stringify(questions)}\n`;
    const output = execFileSync(python, [script.pathname], {
      input,
      encoding: 'utf8',
      maxBuffer: 1 << 30,
      timeout: 600_000,
    });
    return JSON.parse(output) as Answer[];
  };
  return { exact, version: versionOf(exact), narrow: false, ask };
}

/** What is used of a CPython in WebAssembly; its type differs from version to version. */
interface PyodideInterface {
  readonly runPython: (source: string) => unknown;
  readonly globals: unknown;
}

/** A CPython in WebAssembly. */
function pyodideOracle(python: PyodideInterface): Oracle {
  python.runPython(readFileSync(script, 'utf8').replace('__name__ == "__main__"', 'False'));
  const exact = String(python.runPython('import platform; platform.python_version()'));
  const ask = (questions: readonly Question[]): Answer[] => {
    const globals = python.globals as { set: (name: string, value: unknown) => void };
    globals.set('question_text', JSON.stringify(questions));
    return JSON.parse(String(python.runPython('answer_all(question_text)'))) as Answer[];
  };
  return { exact, version: versionOf(exact), narrow: true, ask };
}

/** The first release of each version whose mistakes in `re` are the ones that all later ones have. */
const FIRST_RELEASE: Readonly<Record<PythonVersion, number>> = { '3.11': 5, '3.12': 8, '3.13': 1, '3.14': 0 };

function versionOf(exact: string): PythonVersion {
  const version = PYTHON_VERSIONS.find((v) => exact.startsWith(`${v}.`));
  if (!version) throw new Error(`No rules for Python ${exact}`);
  return version;
}

/**
 * The interpreters that FEWBIT_PYTHONS names, separated by colons, then 3.13 and 3.14 in WebAssembly. Refuses releases
 * with mistakes that a later one of the same version has not.
 */
export async function oracles(): Promise<Oracle[]> {
  const system = (process.env.FEWBIT_PYTHONS ?? '').split(':').filter(Boolean).map(systemOracle);
  for (const { exact, version } of system) {
    const first = FIRST_RELEASE[version];
    if (Number.parseInt(exact.slice(version.length + 1)) < first)
      throw new Error(`Python ${exact} is not an oracle: need ${version}.${first} or newer`);
  }
  return [...system, pyodideOracle(await loadPyodide313()), pyodideOracle(await loadPyodide())];
}
