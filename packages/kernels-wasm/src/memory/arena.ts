import { FewbitError } from '@fewbit/core';
import { instantiate, type Kernels } from '../module/kernels.ts';

const PAGE = 65536;
/** Where a vector may begin without straddling two lines of a cache. */
const ALIGNMENT = 64;
/** Bytes of static data that a module may have, and more. */
const STATIC_BYTES = PAGE;
/** Half of what 32 bits address: kernels compare addresses as signed numbers. */
const LARGEST_MEMORY = 32768 * PAGE;

/**
 * One memory with kernels over it. It never grows, so that no view of it is ever detached: buffers that are held lie at
 * the bottom, what the running operation works on and its results at the top. Pages that nobody touches cost nothing.
 */
export interface Arena {
  readonly kernels: Kernels;
  readonly buffer: ArrayBufferLike;
  /** A free place for a buffer, or null. */
  readonly hold: (byteLength: number) => number | null;
  /** Whether a buffer was held there. */
  readonly free: (start: number) => boolean;
  readonly holdsAny: () => boolean;
  /** The lowest address of that many bytes at the top, or null; what was there before is given up. */
  readonly work: (byteLength: number) => number | null;
}

/** @throws FewbitError (`FEWBIT_PLAN_INVALID`) for more than kernels can address, or more than the machine gives. */
export function createArena(module: WebAssembly.Module, byteLength: number): Arena {
  const size = Math.ceil((STATIC_BYTES + byteLength) / PAGE) * PAGE;
  const memory = reserve(size);
  const held: { readonly start: number; readonly end: number }[] = [];
  let workStart = size;
  return {
    kernels: instantiate(module, memory),
    buffer: memory.buffer,
    hold: (length) => {
      let start = STATIC_BYTES;
      let at = 0;
      for (const other of held) {
        if (start + length <= other.start) break;
        start = other.end;
        at += 1;
      }
      if (start + length > workStart) return null;
      held.splice(at, 0, { start, end: aligned(start + length) });
      return start;
    },
    free: (start) => {
      const at = held.findIndex((one) => one.start === start);
      if (at >= 0) held.splice(at, 1);
      return at >= 0;
    },
    holdsAny: () => held.length > 0,
    work: (length) => {
      const start = size - aligned(length);
      if (held.some(({ end }) => start < end) || start < STATIC_BYTES) return null;
      workStart = start;
      return start;
    },
  };
}

/** Kernels store whole vectors, up to this many bytes behind the end of a result. */
const OVERRUN = 16;

/** Bytes that a piece of some length takes. */
export function pieceBytes(byteLength: number): number {
  return aligned(byteLength + OVERRUN);
}

function aligned(byteLength: number): number {
  return Math.ceil(byteLength / ALIGNMENT) * ALIGNMENT;
}

function reserve(size: number): WebAssembly.Memory {
  try {
    if (size <= LARGEST_MEMORY) return new WebAssembly.Memory({ initial: size / PAGE, maximum: size / PAGE });
  } catch (cause) {
    throw tooLarge(size, cause);
  }
  throw tooLarge(size);
}

function tooLarge(size: number, cause?: unknown): FewbitError {
  return new FewbitError('FEWBIT_PLAN_INVALID', {
    message: `an operation needs ${size} bytes of WebAssembly memory at once, which cannot be had`,
    allowed: `${LARGEST_MEMORY} bytes at most, as far as the machine has them`,
    hint: 'Quantize the tensor in ranges.',
    cause,
  });
}
