/** Real CPythons to compare with: interpreters on this machine and, for 3.14, Pyodide. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { loadPyodide } from 'pyodide';

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
  /** Exact version, as in 3.13.0. */
  readonly version: string;
  readonly ask: (questions: readonly Question[]) => Answer[];
}

const script = new URL('./oracle.py', import.meta.url);

/** The interpreter at `python`. */
export function systemOracle(python: string): Oracle {
  const version = execFileSync(python, ['-c', 'import platform; print(platform.python_version())'], {
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
  return { version, ask };
}

/** CPython 3.14 in WebAssembly. */
export async function pyodideOracle(): Promise<Oracle> {
  const python = await loadPyodide();
  python.runPython(readFileSync(script, 'utf8').replace('__name__ == "__main__"', 'False'));
  const version = String(python.runPython('import platform; platform.python_version()'));
  const ask = (questions: readonly Question[]): Answer[] => {
    const globals = python.globals as unknown as { set: (name: string, value: unknown) => void };
    globals.set('question_text', JSON.stringify(questions));
    return JSON.parse(String(python.runPython('answer_all(question_text)'))) as Answer[];
  };
  return { version, ask };
}

/**
 * The oracles named in the environment: FEWBIT_PYTHONS is a colon-separated list of interpreters. Refuses Pythons older
 * than 3.11.5, whose possessive quantifiers are wrong.
 */
export async function oracles(): Promise<Oracle[]> {
  const system = (process.env.FEWBIT_PYTHONS ?? '').split(':').filter(Boolean).map(systemOracle);
  for (const { version } of system) {
    const [, minor = 0, patch = 0] = version.split('.').map(Number);
    if (minor < 11 || (minor === 11 && patch < 5))
      throw new Error(`Python ${version} is not an oracle: need 3.11.5 or newer`);
  }
  return [...system, await pyodideOracle()];
}
