/**
 * Writes src/names/generated/names.ts, the optional table for `\N{…}`.
 *
 *   node tools/make-names.ts aliases.json 3.11=/path/to/python3.11 3.12=… 3.13=…     (3.14 comes from Pyodide)
 *
 * aliases.json is a list of candidate aliases; each interpreter says which of them it knows. Names are sorted by code
 * point, and each gives only the words by which it differs from the one before.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { runPyodide } from './pyodide.ts';

type Named = readonly [code: number, name: string];
interface Dump {
  python: string;
  names: Named[];
  aliases: Named[];
  cjk: number[];
}

const here = (file: string): string => new URL(file, import.meta.url).pathname;
const script = here('names_dump.py');
const [aliasFile = '', ...pythons] = process.argv.slice(2);
const candidates = readFileSync(aliasFile, 'utf8');

const all: Dump[] = pythons.map((argument) => {
  const python = argument.split('=')[1] ?? '';
  return JSON.parse(
    execFileSync(python, [script], { input: candidates, encoding: 'utf8', maxBuffer: 1 << 28 }),
  ) as Dump;
});
const source = readFileSync(script, 'utf8').replace('__name__ == "__main__"', 'False');
const call = `\nprint(json.dumps(dump(json.loads(${JSON.stringify(candidates)}))))`;
const [line = ''] = await runPyodide(source + call);
all.push(JSON.parse(line) as Dump);

function encode(list: readonly Named[]): string {
  let last = 0;
  let before: string[] = [];
  return list
    .map(([code, name]) => {
      const words = name.split(' ');
      let shared = 0;
      while (shared < words.length - 1 && shared < before.length && words[shared] === before[shared]) shared++;
      const gap = code - last;
      last = code;
      before = words;
      return `${gap === 1 ? '' : gap.toString(36)},${shared.toString(36)}${words.slice(shared).join(' ')}`;
    })
    .join('\n');
}

let known: Set<string> = new Set();
const sections = all.map((dump) => {
  const list = [...dump.names, ...dump.aliases].sort((a, b) => a[0] - b[0]);
  const fresh = list.filter(([code, name]) => !known.has(`${code} ${name}`));
  const now = new Set(list.map(([code, name]) => `${code} ${name}`));
  for (const each of known) if (!now.has(each)) throw new Error(`${each} is gone in ${dump.python}`);
  known = now;
  return encode(fresh);
});
const text = `// Written by tools/make-names.ts; do not edit.
/** Per Python version, oldest first: the names it adds. */
export const NAMES: readonly string[] = ${JSON.stringify(sections)};
/** Per Python version: where CJK unified ideographs begin and end. */
export const CJK: readonly (readonly number[])[] = ${JSON.stringify(all.map((dump) => dump.cjk))};
`;
writeFileSync(here('../src/names/generated/names.ts'), text);
