import type { Contender } from '../linear/interleave.ts';

/** Of one call of `multiplying`. */
export const ROUNDS = 400_000;

/** Exports of assembly/index.ts. */
export interface RooflineModule {
  readonly read: (start: number, bytes: number) => number;
  readonly readEight: (start: number, bytes: number) => number;
  readonly multiply: (rounds: number, seed: number) => number;
  readonly operationsPerRound: () => number;
}

/** What bounds a kernel on this machine, to be measured in turn with the kernel itself. */
export interface Roofline {
  /** Each reads a working set of the given size once, in its own way: the fastest is the roof. */
  readonly reading: readonly [inOnePlace: Contender, inEightPlaces: Contender];
  /** Operations of one call of `multiplying`. */
  readonly operations: number;
  readonly multiplying: Contender;
}

/**
 * @param name Of the variant, for reports.
 * @param bytes The working set: what lies in a cache is read faster than what does not.
 */
export async function createRoofline(base64: string, name: string, bytes: number): Promise<Roofline> {
  const size = Math.ceil(bytes / 512) * 512;
  const memory = new WebAssembly.Memory({ initial: Math.ceil(size / 65536) + 2 });
  new Uint8Array(memory.buffer).fill(0x5a);
  const binary = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  const { instance } = await WebAssembly.instantiate(binary, { env: { memory, abort: () => undefined } });
  const { read, readEight, multiply, operationsPerRound } = instance.exports as unknown as RooflineModule;
  let kept = 0;
  return {
    reading: [
      { name: `reading, ${name}`, call: () => (kept ^= read(65536, size)) },
      { name: `reading in eight places, ${name}`, call: () => (kept ^= readEight(65536, size)) },
    ],
    operations: ROUNDS * operationsPerRound(),
    multiplying: { name: `multiplying, ${name}`, call: () => (kept ^= multiply(ROUNDS, 0x1234 + (kept & 1))) },
  };
}
