import type { PlannedOutput } from '../contracts/checkpoint.ts';
import type { ByteRuns } from '../contracts/byte-runs.ts';

/** Runs at a regular distance that wait for their neighbours. */
interface Stripe {
  readonly output: PlannedOutput;
  /** Bytes from the output's first byte to the first run. */
  readonly offset: number;
  readonly stride: number;
  readonly count: number;
  /** Bytes of a run so far. */
  readonly length: number;
  /** All runs, each with room for as many bytes. */
  readonly lines: Uint8Array;
  readonly room: number;
}

/** Writes bytes to a position in an output. */
export type WriteRun = (output: PlannedOutput, offset: number, bytes: Uint8Array) => Promise<void>;

/**
 * Holds runs back until the runs beside them are there. A range of rows of a transposed statistic writes hundreds of runs
 * of some hundred bytes, each a call of the system's; the next range continues every one of them.
 */
export interface Stripes {
  /** Takes a copy of the bytes. What does not continue the stripe that is held for the output is written before. */
  readonly add: (output: PlannedOutput, offset: number, bytes: Uint8Array, runs: ByteRuns) => Promise<void>;
  /** Writes what is held. */
  readonly flush: () => Promise<void>;
}

export function createStripes(write: WriteRun): Stripes {
  const held: Map<string, Stripe> = new Map();
  // Lines of stripes that are written: the next ones are as long, and memory that is new costs more than filling it.
  const spare: Uint8Array[] = [];

  /** Memory for lines of at least that many bytes: one that was used before if it is large enough. */
  function linesOf(byteLength: number): Uint8Array {
    const lines = spare.pop();
    return lines !== undefined && lines.length >= byteLength ? lines : new Uint8Array(byteLength);
  }

  async function writeHeld(key: string, { output, offset, stride, count, length, lines, room }: Stripe): Promise<void> {
    held.delete(key);
    for (let run = 0; run < count; run += 1) {
      await write(output, offset + run * stride, lines.subarray(run * room, run * room + length));
    }
    if (spare.length < MOST_SPARE) spare.push(lines);
  }

  /** The stripe with room for longer runs. */
  function lengthened(stripe: Stripe, length: number): Stripe {
    if (length <= stripe.room) return { ...stripe, length };
    const room = Math.min(stripe.stride, 2 * length);
    const lines = linesOf(stripe.count * room);
    for (let run = 0; run < stripe.count; run += 1) {
      lines.set(stripe.lines.subarray(run * stripe.room, run * stripe.room + stripe.length), run * room);
    }
    return { ...stripe, length, lines, room };
  }

  return {
    add: async (output, offset, bytes, { length, stride }) => {
      const key = `${output.file} ${output.begin}`;
      const count = bytes.length / length;
      const before = held.get(key);
      const continues =
        before?.stride === stride &&
        before.count === count &&
        before.offset + before.length === offset &&
        before.length + length <= stride;
      if (before !== undefined && !continues) await writeHeld(key, before);
      const at = before !== undefined && continues ? before.length : 0;
      let stripe: Stripe;
      if (before !== undefined && continues) {
        stripe = lengthened(before, at + length);
      } else {
        const lines = linesOf(bytes.length);
        // Whatever lines were made for, runs may become as long as they have room.
        const room = Math.max(length, Math.min(stride, Math.floor(lines.length / count)));
        stripe = { output, offset, stride, count, length, lines, room };
      }
      held.set(key, stripe);
      for (let run = 0; run < count; run += 1) {
        stripe.lines.set(bytes.subarray(run * length, (run + 1) * length), run * stripe.room + at);
      }
    },
    flush: async () => {
      for (const [key, stripe] of held) await writeHeld(key, stripe);
    },
  };
}

/** Components of a tensor that are striped: scales and zero points. */
const MOST_SPARE = 2;
