import type { Source } from '../contracts/io.ts';
import { check, checkRejects, checkSameBytes, type ConformanceCase } from './conformance-case.ts';

/** Makes a source of the given bytes: writes the file, starts the server. */
export type MakeSource = (bytes: Uint8Array) => Promise<Source>;

/** Longer than a buffer that anything on the way may use, and no multiple of one. */
const LONG = 300_001;

/** The suite that every source passes: exact ranges, from any position, at the same time, and typed errors beyond the end. */
export function sourceConformance(make: MakeSource): readonly ConformanceCase[] {
  const withSource = async (
    length: number,
    run: (source: Source, bytes: Uint8Array) => Promise<void>,
  ): Promise<void> => {
    const bytes = patterned(length);
    const source = await make(bytes);
    try {
      await run(source, bytes);
    } finally {
      await source.close?.();
    }
  };
  return [
    {
      name: 'a source knows its length',
      run: () =>
        withSource(1000, (source) => {
          check(source.byteLength === 1000, () => `byteLength is ${source.byteLength} instead of 1000`);
          return Promise.resolve();
        }),
    },
    {
      name: 'a range gives exactly its bytes, wherever it lies',
      run: () =>
        withSource(LONG, async (source, bytes) => {
          for (const [start, end] of [
            [0, 8],
            [7, 8],
            [65_535, 65_537],
            [100, 200_003],
            [LONG - 1, LONG],
            [0, LONG],
          ] as const) {
            checkSameBytes(await source.read(start, end), bytes.subarray(start, end), `bytes ${start} to ${end}`);
          }
        }),
    },
    {
      name: 'an empty range gives no bytes, at the very end too',
      run: () =>
        withSource(10, async (source) => {
          for (const position of [0, 5, 10]) {
            const { byteLength } = await source.read(position, position);
            check(byteLength === 0, () => `${byteLength} bytes at ${position}`);
          }
        }),
    },
    {
      name: 'an empty source can be made',
      run: () =>
        withSource(0, async (source) => {
          check(source.byteLength === 0, () => `byteLength is ${source.byteLength}`);
          check((await source.read(0, 0)).byteLength === 0, () => 'bytes came out of nothing');
        }),
    },
    {
      name: 'readInto fills the target and nothing around it',
      run: () =>
        withSource(LONG, async (source, bytes) => {
          if (source.readInto === undefined) return;
          for (const [start, length] of [
            [3, 5],
            [11, 200_000],
            [LONG - 9, 9],
            [4, 0],
          ] as const) {
            const around = new Uint8Array(length + 32).fill(0xaa);
            await source.readInto(around.subarray(16, 16 + length), start);
            checkSameBytes(
              around.subarray(16, 16 + length),
              bytes.subarray(start, start + length),
              `target from ${start}`,
            );
            const edges = [...around.subarray(0, 16), ...around.subarray(16 + length)];
            check(
              edges.every((byte) => byte === 0xaa),
              () => `bytes around the target were changed, reading from ${start}`,
            );
          }
        }),
    },
    {
      name: 'reads at the same time do not mix',
      run: () =>
        withSource(LONG, async (source, bytes) => {
          const starts = Array.from({ length: 24 }, (_, index) => (index * 7919) % (LONG - 5000));
          const read = await Promise.all(starts.map((start) => source.read(start, start + 5000)));
          read.forEach((seen, index) => {
            const start = starts[index] ?? 0;
            checkSameBytes(seen, bytes.subarray(start, start + 5000), `bytes from ${start}`);
          });
        }),
    },
    {
      name: 'what was read is the caller’s: changing it changes no later read',
      run: () =>
        withSource(100, async (source, bytes) => {
          (await source.read(10, 20)).fill(0);
          checkSameBytes(await source.read(10, 20), bytes.subarray(10, 20), 'bytes read again');
        }),
    },
    {
      name: 'a range that is not inside is a ReadError, not fewer bytes',
      run: () =>
        withSource(100, async (source) => {
          for (const [start, end] of [
            [0, 101],
            [100, 101],
            [-1, 5],
            [20, 10],
            [0.5, 4],
            [0, Number.NaN],
            [0, Number.POSITIVE_INFINITY],
          ] as const) {
            await checkRejects('FEWBIT_READ_FAILED', () => source.read(start, end), `range ${start} to ${end}`);
          }
          await checkRejects(
            'FEWBIT_READ_FAILED',
            () => source.readInto?.(new Uint8Array(10), 95) ?? source.read(95, 105),
            'a target beyond the end',
          );
        }),
    },
  ];
}

/** Bytes of which no two stretches are alike for long. */
function patterned(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = 1;
  for (let index = 0; index < length; index++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[index] = state >>> 24;
  }
  return bytes;
}
