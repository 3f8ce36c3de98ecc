import type { Sink } from '../contracts/io.ts';
import { check, checkRejects, checkSameBytes, type ConformanceCase } from './conformance-case.ts';

/** A fresh sink, and a look at what a reader would find under the final names. */
export interface SinkUnderTest {
  readonly sink: Sink;
  /** The finished files by name; null where nothing stands under a final name. */
  readonly published: () => Promise<ReadonlyMap<string, Uint8Array> | null>;
  /** Removes what the test made. */
  readonly dispose?: () => Promise<void>;
}

/**
 * The suite that every sink passes: bytes land where they belong, in any order, and nothing stands under a final name
 * before `finish` or after `abort`. File names end in `.bin`: a sink may check files whose format it knows.
 */
export function sinkConformance(make: () => Promise<SinkUnderTest>): readonly ConformanceCase[] {
  const withSink = async (run: (under: SinkUnderTest) => Promise<void>): Promise<void> => {
    const under = await make();
    try {
      await run(under);
    } finally {
      await under.sink.abort();
      await under.dispose?.();
    }
  };
  return [
    {
      name: 'bytes written in any order, and twice, land where they belong',
      run: () =>
        withSink(async ({ sink, published }) => {
          await sink.create('a.bin', 200_000);
          await sink.create('b.bin', 3);
          await sink.write('a.bin', 150_000, filled(50_000, 3));
          await sink.write('b.bin', 0, Uint8Array.of(1, 2, 3));
          await sink.write('a.bin', 0, filled(100_000, 9));
          await sink.write('a.bin', 0, filled(100_000, 1));
          await sink.write('a.bin', 100_000, filled(50_000, 2));
          await sink.finish();
          const files = await published();
          const expected = new Uint8Array(200_000).fill(1, 0, 100_000).fill(2, 100_000, 150_000).fill(3, 150_000);
          checkSameBytes(files?.get('a.bin') ?? new Uint8Array(0), expected, 'a.bin');
          checkSameBytes(files?.get('b.bin') ?? new Uint8Array(0), Uint8Array.of(1, 2, 3), 'b.bin');
          check(files?.size === 2, () => `there are ${files?.size ?? 0} files instead of 2`);
        }),
    },
    {
      name: 'writes at the same time do not mix',
      run: () =>
        withSink(async ({ sink, published }) => {
          await sink.create('a.bin', 64 * 1000);
          await Promise.all(
            Array.from({ length: 64 }, (_, index) => sink.write('a.bin', index * 1000, filled(1000, index))),
          );
          await sink.finish();
          const seen = (await published())?.get('a.bin') ?? new Uint8Array(0);
          check(
            seen.length === 64_000 && seen.every((byte, index) => byte === Math.floor(index / 1000)),
            () => 'a write is missing or misplaced',
          );
        }),
    },
    {
      name: 'a file keeps its length when its end is never written',
      run: () =>
        withSink(async ({ sink, published }) => {
          await sink.create('a.bin', 5000);
          await sink.create('empty.bin', 0);
          await sink.write('a.bin', 0, filled(10, 7));
          await sink.finish();
          const files = await published();
          check(files?.get('a.bin')?.length === 5000, () => `a.bin has ${files?.get('a.bin')?.length ?? 0} bytes`);
          check(files.get('empty.bin')?.length === 0, () => 'empty.bin is missing or not empty');
        }),
    },
    {
      name: 'nothing stands under a final name before finish',
      run: () =>
        withSink(async ({ sink, published }) => {
          check((await published()) === null, () => 'something was there at the start');
          await sink.create('a.bin', 10);
          await sink.write('a.bin', 0, filled(10, 1));
          check((await published()) === null, () => 'a file that is being written can be found');
        }),
    },
    {
      name: 'abort leaves nothing, and may be called twice',
      run: () =>
        withSink(async ({ sink, published }) => {
          await sink.create('a.bin', 10);
          await sink.write('a.bin', 0, filled(10, 1));
          await sink.abort();
          await sink.abort();
          check((await published()) === null, () => 'an aborted file can be found');
          await checkRejects('FEWBIT_WRITE_FAILED', () => sink.write('a.bin', 0, filled(1, 1)), 'a write after abort');
          await checkRejects('FEWBIT_WRITE_FAILED', () => sink.finish(), 'finish after abort');
        }),
    },
    {
      name: 'abort after finish does nothing',
      run: () =>
        withSink(async ({ sink, published }) => {
          await sink.create('a.bin', 10);
          await sink.write('a.bin', 0, filled(10, 1));
          await sink.finish();
          await sink.abort();
          check((await published())?.get('a.bin')?.length === 10, () => 'a finished file is gone');
        }),
    },
    {
      name: 'a write outside its file, or into one that was not made, is a WriteError',
      run: () =>
        withSink(async ({ sink }) => {
          await sink.create('a.bin', 10);
          await checkRejects(
            'FEWBIT_WRITE_FAILED',
            () => sink.write('a.bin', 5, filled(6, 1)),
            'a write beyond the end',
          );
          await checkRejects(
            'FEWBIT_WRITE_FAILED',
            () => sink.write('a.bin', -1, filled(2, 1)),
            'a write before the start',
          );
          await checkRejects(
            'FEWBIT_WRITE_FAILED',
            () => sink.write('other.bin', 0, filled(1, 1)),
            'a write into a file that was not made',
          );
          await checkRejects('FEWBIT_WRITE_FAILED', () => sink.create('a.bin', 10), 'making a file twice');
        }),
    },
  ];
}

function filled(length: number, value: number): Uint8Array {
  return new Uint8Array(length).fill(value);
}
