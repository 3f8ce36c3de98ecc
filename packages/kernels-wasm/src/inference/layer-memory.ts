import { FewbitError } from '@fewbit/core';
import type { Kernels } from '../module/kernels.ts';

const PAGE = 65536;
/** Where a vector may begin without straddling two lines of a cache. */
const ALIGNMENT = 64;
/** Bytes of static data that a module may have, and more. */
const STATIC_BYTES = PAGE;
/** Half of what 32 bits address: kernels compare addresses as signed numbers. */
export const MOST_PAGES = 32768;
/** Kernels read and store whole vectors, up to this many bytes behind the end of anything. */
const OVERRUN = 64;
/** A memory grows by this much at least: growing may be slow where the engine has to move it. */
const LEAST_GROWTH = 16 * PAGE;

/** Memory for packed layers and what runs over them. It grows, so views of it are made for each use and not kept. */
export interface LayerMemory {
  readonly kernels: Kernels;
  readonly dots: ByteDots;
  /** 1 where nothing is shared. */
  readonly threads: number;
  /** The address of that many bytes and some behind them, whatever was there before. */
  readonly allocate: (byteLength: number) => number;
  /** Gives back what `allocate` gave. */
  readonly free: (address: number) => void;
  /** Valid until the next `allocate`. */
  readonly bytes: (address: number, byteLength: number) => Uint8Array;
  /** Valid until the next `allocate`. */
  readonly floats: (address: number, count: number) => Float32Array;
  readonly write: (address: number, values: Float32Array) => void;
  /** A copy. */
  readonly read: (address: number, count: number) => Float32Array;
}

/**
 * What dot products over bytes the module has: none (the plain one); or with a second operand of 0 to 127 only, or of bytes
 * with a sign, or without.
 */
export type ByteDots = 'none' | 'seven bits' | 'signed' | 'unsigned';

/** Bytes up to a multiple of 64, with room for a vector behind the end: so that pieces of one allocation lie as pieces of their own do. */
export function spaced(byteLength: number): number {
  return Math.ceil((byteLength + OVERRUN) / ALIGNMENT) * ALIGNMENT;
}

interface Piece {
  readonly start: number;
  readonly end: number;
}

/** First fit over a memory of `MOST_PAGES` at most. */
export function createLayerMemory(kernels: Kernels, memory: WebAssembly.Memory, threads: number): LayerMemory {
  const held: Piece[] = [];
  const floats = (address: number, count: number): Float32Array => new Float32Array(memory.buffer, address, count);
  return {
    kernels,
    dots: byteDotsOf(kernels),
    threads,
    allocate: (byteLength) => {
      const length = spaced(byteLength);
      let start = STATIC_BYTES;
      let at = 0;
      for (const other of held) {
        if (start + length <= other.start) break;
        start = other.end;
        at += 1;
      }
      reach(memory, start + length);
      held.splice(at, 0, { start, end: start + length });
      return start;
    },
    free: (address) => {
      const at = held.findIndex(({ start }) => start === address);
      if (at < 0) throw new Error(`no piece of the layers' memory begins at ${address}`);
      held.splice(at, 1);
    },
    bytes: (address, byteLength) => new Uint8Array(memory.buffer, address, byteLength),
    floats,
    write: (address, values) => {
      floats(address, values.length).set(values);
    },
    // Takes three quarters of the time that `slice` does.
    read: (address, count) => new Float32Array(floats(address, count)),
  };
}

/** An engine compiles a function anew once it has run often; both of its compilers are to give one answer. */
const PROBES = 200;

function byteDotsOf(kernels: Kernels): ByteDots {
  const answers: Set<number> = new Set();
  for (let round = 0; round < PROBES; round += 1) answers.add(kernels.byteDots(1));
  const [answer = -1, ...others] = answers;
  if (others.length > 0) return 'seven bits';
  return (['seven bits', 'unsigned', 'signed'] as const)[answer] ?? 'none';
}

function reach(memory: WebAssembly.Memory, end: number): void {
  const size = memory.buffer.byteLength;
  if (end <= size) return;
  if (end > MOST_PAGES * PAGE) throw noMemory(end);
  const pages = Math.ceil((end - size) / PAGE);
  const generous = Math.min(Math.max(pages, LEAST_GROWTH / PAGE), MOST_PAGES - size / PAGE);
  if (grown(memory, generous) === null) return;
  const cause = grown(memory, pages);
  if (cause !== null) throw noMemory(end, cause);
}

/** Null, or what the engine threw. */
function grown(memory: WebAssembly.Memory, pages: number): unknown {
  try {
    memory.grow(pages);
    return null;
  } catch (cause) {
    return cause;
  }
}

function noMemory(byteLength: number, cause?: unknown): FewbitError {
  return new FewbitError('FEWBIT_INFERENCE_INVALID', {
    message: `layers and activations need ${byteLength} bytes of WebAssembly memory, which cannot be had`,
    allowed: `${MOST_PAGES * PAGE} bytes for all layers of a backend, as far as the machine has them`,
    hint: 'Release layers, spread them over several backends, or run fewer rows at once.',
    cause,
  });
}
