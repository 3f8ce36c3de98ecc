/** What sets are compared with: loops over patterns that are compiled beforehand. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { RE2JS } from 're2js';
import { Random } from '../tools/fuzz/random.ts';

/** Seconds that a peer takes for all names, its compilation not counted; measured on a sample when `scaled`. */
export interface Measured {
  readonly seconds: number;
  readonly scaled: boolean;
}

/** A question to an engine: the index of the first pattern that matches all of `name`, or -1. */
export type First = (name: string) => number;

/** Seconds of sampling for a peer that would take longer. */
const SAMPLE_SECONDS = 3;
/** Patterns that Python is asked about at most. */
const PYTHON_ASKED = 5_000_000;

const python = process.env.FEWBIT_PYTHONS?.split(':')[0] ?? 'python3';
const loop = fileURLToPath(new URL('./python_loop.py', import.meta.url));

/** Processor seconds that this process has taken. */
export const seconds = (): number => process.cpuUsage().user / 1e6;

/** Some of the names, the same ones each time. */
export function sampleOf(names: readonly string[], size: number): string[] {
  const random = new Random(size);
  return Array.from({ length: size }, () => random.pick(names));
}

/** Seconds to ask about every name. */
export function time(names: readonly string[], first: First): number {
  const start = seconds();
  for (const name of names) first(name);
  return seconds() - start;
}

/** Time for all names, scaled up from a sample when that would take long. */
function scaled(names: readonly string[], first: First): Measured {
  const probe = sampleOf(names, 20);
  const each = Math.max(1e-7, time(probe, first) / probe.length);
  if (each * names.length < SAMPLE_SECONDS) return { seconds: time(names, first), scaled: false };
  const sample = sampleOf(names, Math.max(20, Math.floor(SAMPLE_SECONDS / each)));
  return { seconds: (time(sample, first) / sample.length) * names.length, scaled: true };
}

/** A loop over JavaScript's `RegExp`. The answers of `ours` must be the same before times mean anything. */
export function regExpLoop(keys: readonly string[], names: readonly string[], ours: First): Measured {
  const list = keys.map((key) => new RegExp(`^(?:${key})$`));
  const first: First = (name) => list.findIndex((re) => re.test(name));
  for (const name of sampleOf(names, 200)) {
    if (ours(name) !== first(name)) throw new Error(`${name}: ${ours(name)}, but RegExp says ${first(name)}`);
  }
  return scaled(names, first);
}

/** A loop over re2js, the RE2 in JavaScript. */
export function re2Loop(keys: readonly string[], names: readonly string[]): Measured {
  const list = keys.map((key) => RE2JS.compile(key));
  return scaled(names, (name) => list.findIndex((re) => re.matches(name)));
}

/** A loop over compiled patterns in CPython; undefined where there is no interpreter. */
export function pythonLoop(keys: readonly string[], names: readonly string[]): Measured | undefined {
  const sample = sampleOf(names, Math.min(names.length, Math.ceil(PYTHON_ASKED / keys.length)));
  const input = JSON.stringify({ keys, names: sample });
  try {
    const out = Number(execFileSync(python, [loop], { input, encoding: 'utf8', stdio: ['pipe', 'pipe', 'ignore'] }));
    return { seconds: (out / sample.length) * names.length, scaled: sample.length < names.length };
  } catch {
    return undefined;
  }
}
