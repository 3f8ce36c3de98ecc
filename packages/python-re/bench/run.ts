/**
 * node bench/run.ts: writes bench/RESULTS.md. Seconds of processor time in one thread. Engines that would take minutes are
 * measured on a fixed sample of the names and scaled up (marked ~); ours always reads all names, its build included.
 * FEWBIT_PYTHONS, if set, adds a loop over precompiled patterns in the first interpreter it names.
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { RE2JS } from 're2js';
import { compileSet } from '../src/index.ts';
import { Random } from '../tools/fuzz/random.ts';
import { deepSeekV3, million } from './names.ts';
import { hardRecipe, realRecipe } from './recipes.ts';

type First = (name: string) => number;

const python = process.env.FEWBIT_PYTHONS?.split(':')[0];
const seconds = (): number => process.cpuUsage().user / 1e6;
const recipes = { real: realRecipe, hard: hardRecipe } as const;

function sampleOf(names: readonly string[], size: number): string[] {
  const random = new Random(size);
  return Array.from({ length: size }, () => random.pick(names));
}

function time(names: readonly string[], first: First): number {
  const start = seconds();
  for (const name of names) first(name);
  return seconds() - start;
}

/** Time for all names, scaled up from a sample that takes about `target` seconds. */
function scaled(names: readonly string[], first: First, target: number): string {
  const probe = sampleOf(names, 20);
  const each = Math.max(1e-7, time(probe, first) / probe.length);
  if (each * names.length < target) return time(names, first).toFixed(2);
  const sample = sampleOf(names, Math.max(20, Math.floor(target / each)));
  return `~${((time(sample, first) / sample.length) * names.length).toFixed(1)}`;
}

function pythonLoop(keys: readonly string[], names: readonly string[]): string {
  if (!python) return '';
  const sample = sampleOf(names, Math.min(names.length, Math.ceil(15_000_000 / keys.length)));
  const input = JSON.stringify({ keys, names: sample });
  const out = execFileSync(python, [new URL('./python_loop.py', import.meta.url).pathname], {
    input,
    encoding: 'utf8',
  });
  const total = (Number(out) / sample.length) * names.length;
  return `${sample.length < names.length ? '~' : ''}${total.toFixed(2)}`;
}

function ours(keys: readonly string[], names: readonly string[]): { build: number; match: number } {
  const start = seconds();
  const set = compileSet(keys);
  const build = seconds() - start;
  return { build, match: time(names, (name) => set.firstFullmatch(name)) };
}

/** The answers must be the same before the times mean anything. */
function check(keys: readonly string[], names: readonly string[], native: readonly RegExp[]): void {
  const set = compileSet(keys);
  for (const name of sampleOf(names, 200)) {
    const ours = set.firstFullmatch(name);
    const theirs = native.findIndex((re) => re.test(name));
    if (ours !== theirs) throw new Error(`${name}: ${ours}, but RegExp says ${theirs}`);
  }
}

const ratio = (theirs: string, total: number): string =>
  theirs === '' ? '' : `${theirs} (${(Number(theirs.replace('~', '')) / total).toFixed(0)}×)`;

const lines = [
  '# Results',
  '',
  `One run of \`node bench/run.ts\` on Node ${process.versions.node}, ${cpus()[0]?.model ?? 'unknown processor'}, shared with other work.`,
  'Seconds of processor time; `~` is scaled up from a sample; `×` is how many times as long as ours, build included.',
  '',
  '## The 91,991 names of DeepSeek-V3',
  '',
  '| keys | ours: build + match | JavaScript RegExp loop | re2js loop | precompiled Python |',
  '| --- | --- | --- | --- | --- |',
];
const names = deepSeekV3();
names.forEach((name) => name.charCodeAt(0));
ours(realRecipe(200), names);
for (const [kind, recipe] of Object.entries(recipes)) {
  for (const size of [5, 50, 500, 5000, 10_000]) {
    const keys = recipe(size);
    const { build, match } = ours(keys, names);
    const native = keys.map((key) => new RegExp(`^(?:${key})$`));
    check(keys, names, native);
    const js = scaled(names, (name) => native.findIndex((re) => re.test(name)), 5);
    let re2 = '';
    if (size <= 5000) {
      const list = keys.map((key) => RE2JS.compile(key));
      re2 = scaled(names, (name) => list.findIndex((re) => re.matches(name)), 4);
    }
    const py = pythonLoop(keys, names);
    const total = build + match;
    const cells = [
      `${kind} ${size}`,
      `${build.toFixed(2)} + ${match.toFixed(2)}`,
      ratio(js, total),
      ratio(re2, total),
      ratio(py, total),
    ];
    lines.push(`| ${cells.join(' | ')} |`);
    process.stdout.write(`${lines.at(-1) ?? ''}\n`);
  }
}
lines.push('', '## A million names', '', '| keys | build + match | times 500 keys |', '| --- | --- | --- |');
const many = million();
for (const [kind, recipe] of Object.entries(recipes)) {
  let base = 0;
  for (const size of [500, 1250, 2500, 5000, 10_000]) {
    const { build, match } = ours(recipe(size), many);
    base ||= build + match;
    lines.push(
      `| ${kind} ${size} | ${build.toFixed(2)} + ${match.toFixed(2)} | ${((build + match) / base).toFixed(2)} |`,
    );
    process.stdout.write(`${lines.at(-1) ?? ''}\n`);
  }
}
writeFileSync(new URL('./RESULTS.md', import.meta.url), `${lines.join('\n')}\n`);
