/** The tables of the benchmark, line by line as they are measured. */
import { compileSet } from '@fewbit/python-re';
import { type First, type Measured, pythonLoop, re2Loop, regExpLoop, seconds, time } from './peers.ts';
import { hardRecipe, realRecipe } from './recipes.ts';

/** `real` is what people write for big models; in `hard` every key begins with a wildcard. */
const RECIPES = { real: realRecipe, hard: hardRecipe } as const;

interface Ours {
  readonly build: number;
  readonly match: number;
  readonly first: First;
}

function ours(keys: readonly string[], names: readonly string[]): Ours {
  const start = seconds();
  const set = compileSet(keys);
  const build = seconds() - start;
  const first: First = (name) => set.firstFullmatch(name);
  return { build, match: time(names, first), first };
}

const sum = ({ build, match }: Ours): string => `${build.toFixed(2)} + ${match.toFixed(2)}`;

function cell(theirs: Measured | undefined, total: number): string {
  if (!theirs) return 'not here';
  return `${theirs.scaled ? '~' : ''}${theirs.seconds.toFixed(2)} (${(theirs.seconds / total).toFixed(1)}×)`;
}

/** Sets against their peers. */
export function* peers(names: readonly string[]): Generator<string> {
  yield `\n### The ${names.length.toLocaleString('en')} names of DeepSeek-V3\n`;
  yield 'Asked at 5,000 keys: 25× the RegExp loop, 50× re2js, 20× precompiled Python.\n';
  yield '| keys | ours: build + match | JavaScript RegExp loop | re2js loop | precompiled Python |';
  yield '| --- | --- | --- | --- | --- |';
  ours(realRecipe(200), names);
  for (const [kind, recipe] of Object.entries(RECIPES)) {
    for (const size of [5, 50, 500, 5000, 10_000]) {
      const keys = recipe(size);
      const mine = ours(keys, names);
      const total = mine.build + mine.match;
      const cells = [
        `${kind} ${size}`,
        sum(mine),
        cell(regExpLoop(keys, names, mine.first), total),
        size > 5000 ? '' : cell(re2Loop(keys, names), total),
        cell(pythonLoop(keys, names), total),
      ];
      yield `| ${cells.join(' | ')} |`;
    }
  }
}

/** How the time grows with the keys. */
export function* many(names: readonly string[]): Generator<string> {
  yield `\n### ${names.length.toLocaleString('en')} names\n`;
  yield 'Asked: 10,000 keys take at most 2.5 times as long as 500, and twice the keys never take twice as long.\n';
  yield '| keys | build + match | times 500 keys | times half the keys |';
  yield '| --- | --- | --- | --- |';
  for (const [kind, recipe] of Object.entries(RECIPES)) {
    const totals: Map<number, number> = new Map();
    for (const size of [500, 625, 1250, 2500, 5000, 10_000]) {
      const mine = ours(recipe(size), names);
      const total = mine.build + mine.match;
      totals.set(size, total);
      const times = (other: number): string => {
        const base = totals.get(other);
        return base === undefined ? '' : (total / base).toFixed(2);
      };
      yield `| ${kind} ${size} | ${sum(mine)} | ${times(500)} | ${times(size / 2)} |`;
    }
  }
}
