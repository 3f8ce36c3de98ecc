/** CPython 3.14 in WebAssembly, from the `pyodide` development dependency: works offline, same answers everywhere. */
import { loadPyodide } from 'pyodide';

/** Runs `source` under Pyodide's CPython and resolves to the lines it printed. */
export async function runPyodide(source: string): Promise<string[]> {
  const lines: string[] = [];
  const python = await loadPyodide({ stdout: (line) => lines.push(line) });
  python.runPython(source);
  return lines;
}
