import type { PlannedOutput } from '../contracts/checkpoint.ts';
import type { ByteRuns } from '../contracts/byte-runs.ts';

/** Runs at a regular distance that wait for their neighbours. */
interface Stripe {
  readonly output: PlannedOutput;
  /** Bytes from the output's first byte to the first run. */
  readonly offset: number;
  readonly stride: number;
  readonly count: number;
  readonly parts: readonly StripePart[];
  /** Bytes of a run through all parts. */
  readonly length: number;
}

interface StripePart {
  readonly bytes: Uint8Array;
  readonly length: number;
}

/** Writes bytes to a position in an output. */
export type WriteRun = (output: PlannedOutput, offset: number, bytes: Uint8Array) => Promise<void>;

/**
 * Holds runs back until the runs beside them are there. A range of rows of a transposed statistic writes hundreds of runs
 * of some hundred bytes, each a call of the system's; the next range continues every one of them.
 */
export interface Stripes {
  /** Takes a copy of the bytes. What does not continue the stripe that is held for the output is written after it. */
  readonly add: (output: PlannedOutput, offset: number, bytes: Uint8Array, runs: ByteRuns) => Promise<void>;
  /** Writes what is held. */
  readonly flush: () => Promise<void>;
}

export function createStripes(write: WriteRun): Stripes {
  const held: Map<string, Stripe> = new Map();

  return {
    add: async (output, offset, bytes, { length, stride }) => {
      const key = `${output.file} ${output.begin}`;
      const count = bytes.length / length;
      const part = { bytes: bytes.slice(), length };
      const before = held.get(key);
      const continues =
        before?.stride === stride &&
        before.count === count &&
        before.offset + before.length === offset &&
        before.length + length <= stride;
      if (before !== undefined && !continues) await writeStripe(before, write);
      held.set(
        key,
        before !== undefined && continues
          ? { ...before, parts: [...before.parts, part], length: before.length + length }
          : { output, offset, stride, count, parts: [part], length },
      );
    },
    flush: async () => {
      for (const stripe of held.values()) await writeStripe(stripe, write);
      held.clear();
    },
  };
}

async function writeStripe({ output, offset, stride, count, parts, length }: Stripe, write: WriteRun): Promise<void> {
  const line = new Uint8Array(length);
  for (let run = 0; run < count; run += 1) {
    let at = 0;
    for (const part of parts) {
      line.set(part.bytes.subarray(run * part.length, (run + 1) * part.length), at);
      at += part.length;
    }
    await write(output, offset + run * stride, line);
  }
}
