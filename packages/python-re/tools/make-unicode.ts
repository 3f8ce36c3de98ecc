/**
 * Writes src/unicode/generated/tables.ts: the Unicode facts of each supported Python, as small strings.
 *
 *   node tools/make-unicode.ts 3.11=/path/to/python3.11 3.12=… 3.13=…     (3.14 comes from Pyodide)
 *
 * A set is its list of boundaries (where membership changes). The newer versions and the related sets are stored as
 * the symmetric difference of two such lists, which is tiny.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { runPyodide } from './pyodide.ts';

interface Dump {
  python: string;
  unicode: string;
  sets: Record<string, number[]>;
  lower: [number, number][];
  /** Of characters that are not upper case. */
  upper: [number, number][];
  extraCases: [number, number[]][];
}

const here = (file: string): string => new URL(file, import.meta.url).pathname;
const dumper = here('unicode_dump.py');

/** Each set is stored as its difference from another one of the same version; `''` is the empty set. */
const RELATIVE: Record<string, string> = {
  alpha: '',
  alnum: 'alpha',
  decimal: '',
  space: '',
  cased: '',
  xidStart: 'alpha',
  xidContinue: 'alnum',
  printable: '',
};

const xor = (a: readonly number[], b: readonly number[]): number[] => {
  const out = new Set(a);
  for (const x of b) if (!out.delete(x)) out.add(x);
  return [...out].sort((x, y) => x - y);
};

const deltas = (sorted: readonly number[]): string => {
  let last = 0;
  return sorted
    .map((x) => {
      const d = x - last;
      last = x;
      return d.toString(36);
    })
    .join(' ');
};

/** Runs of `[gap from the last run's start, count, stride, lower minus upper]`. */
function lowerRuns(pairs: readonly [number, number][]): string {
  const runs: [start: number, count: number, stride: number, shift: number][] = [];
  for (const [upper, lower] of pairs) {
    const run = runs.at(-1);
    const shift = lower - upper;
    if (run?.[3] === shift) {
      const gap = upper - (run[0] + (run[1] - 1) * run[2]);
      if (run[1] === 1 && gap <= 2) run[2] = gap;
      if (gap === run[2]) {
        run[1]++;
        continue;
      }
    }
    runs.push([upper, 1, 1, shift]);
  }
  let last = 0;
  return runs
    .map(([start, count, stride, shift]) => {
      const cells = [start - last, count, stride, shift].map((x) => x.toString(36));
      last = start;
      return cells.join(',');
    })
    .join(' ');
}

async function dumps(): Promise<Dump[]> {
  const out: Dump[] = [];
  for (const argument of process.argv.slice(2)) {
    const [version, python] = argument.split('=');
    if (!version || !python) throw new Error(`Expected version=python, not ${argument}`);
    const dump = JSON.parse(execFileSync(python, [dumper], { encoding: 'utf8', maxBuffer: 1 << 28 })) as Dump;
    if (dump.python !== version) throw new Error(`${python} is ${dump.python}, not ${version}`);
    out.push(dump);
  }
  const [line] = await runPyodide(readFileSync(dumper, 'utf8'));
  out.push(JSON.parse(line ?? '') as Dump);
  return out;
}

const all = await dumps();
const versions = all.map((d) => d.python);
if (versions.join() !== '3.11,3.12,3.13,3.14')
  throw new Error(`Need 3.11 to 3.13 on the command line, have ${versions.join()}`);
const first = all[0];
if (!first) throw new Error('unreachable');

const sets = Object.entries(RELATIVE).map(([name, base]) => {
  const own = all.map((d) => xor(d.sets[name] ?? [], base === '' ? [] : (d.sets[base] ?? [])));
  const steps = own.map((list, i) => deltas(i === 0 ? list : xor(list, own[i - 1] ?? [])));
  return `  ${name}: ${JSON.stringify([base, ...steps])},`;
});

let known: Map<number, number> = new Map();
const lower = all.map((d) => {
  for (const [from, to] of known) if (new Map(d.lower).get(from) !== to) throw new Error(`lower(${from}) changed`);
  const fresh = d.lower.filter(([from]) => !known.has(from));
  known = new Map(d.lower);
  return lowerRuns(fresh);
});
for (const d of all) {
  if (JSON.stringify(d.extraCases) !== JSON.stringify(first.extraCases))
    throw new Error('extra cases differ by version');
}
// Only 3.11 needs upper case: those that the lower-case mapping does not tell, where it can matter to a range.
const firstWithLower: Map<number, number> = new Map();
for (const [from, to] of first.lower) if (!firstWithLower.has(to)) firstWithLower.set(to, from);
const odd = first.upper.filter(([c, upper]) => {
  const told = firstWithLower.get(c) ?? c;
  return told !== upper && Math.max(told, upper) > c;
});
const extra = first.extraCases.map(([c, more]) => [c, ...more].map((x) => x.toString(36)).join(',')).join(' ');

const text = `// Written by tools/make-unicode.ts; do not edit.
/** Unicode version of each Python, oldest first: ${all.map((d) => `${d.python} has ${d.unicode}`).join(', ')}. */
export const VERSIONS: readonly string[] = ${JSON.stringify(versions)};
/** Per set: the set it differs from, then the boundaries that change with each version. */
export const SETS: Readonly<Record<string, readonly string[]>> = {
${sets.join('\n')}
};
/** Per version: the simple lower-case mappings it adds. */
export const LOWER: readonly string[] = ${JSON.stringify(lower)};
/** Lower-case letters that match further lower-case letters when case is ignored. */
export const EXTRA_CASES: string = ${JSON.stringify(extra)};
/** Lower-case letters of Python ${first.python} whose upper case is not the first letter that they are the lower case of. */
export const ODD_UPPER: string = ${JSON.stringify(odd.map((pair) => pair.map((x) => x.toString(36)).join()).join(' '))};
`;
writeFileSync(here('../src/unicode/generated/tables.ts'), text);
