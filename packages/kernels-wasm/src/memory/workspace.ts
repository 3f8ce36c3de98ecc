import { FewbitError } from '@fewbit/core';
import type { Kernels } from '../module/kernels.ts';
import { createArena, pieceBytes, type Arena } from './arena.ts';

/** Anything with bytes. */
export interface Bytes {
  readonly buffer: ArrayBufferLike;
  readonly byteOffset: number;
  readonly byteLength: number;
}

/** Where one operation finds its inputs and puts its results. */
export interface Frame {
  readonly kernels: Kernels;
  /** Addresses of the inputs: where they lie if that is in the memory, else of copies. */
  readonly inputs: readonly number[];
  /** Addresses of as many pieces as were asked for. */
  readonly pieces: readonly number[];
  readonly buffer: ArrayBufferLike;
}

/** The memory of a backend. */
export interface Workspace {
  readonly allocate: (byteLength: number) => Uint8Array;
  readonly release: (buffer: Uint8Array) => void;
  /** Room for an operation; the results of the one before are given up. */
  readonly frame: (inputs: readonly Bytes[], pieces: readonly number[]) => Frame;
  readonly close: () => void;
}

/** A range and its results, whatever the operation, and room for a second buffer. */
const ROOM_PER_BUFFER = 4;

/**
 * The memory of a backend: mostly one arena. A request that finds no room in it makes a larger one, which takes its place;
 * the one before stays for as long as buffers in it are held.
 */
export function createWorkspace(module: WebAssembly.Module): Workspace {
  let arenas: readonly Arena[] = [];

  function enlarge(byteLength: number): Arena {
    const arena = createArena(module, byteLength);
    arenas = [arena, ...arenas.filter((one) => one.holdsAny())];
    return arena;
  }

  function frameIn(arena: Arena, inputs: readonly Bytes[], pieces: readonly number[]): Frame | null {
    const inPlace = (bytes: Bytes): boolean => bytes.buffer === arena.buffer;
    let total = sumOf(pieces);
    for (const bytes of inputs) if (!inPlace(bytes)) total += pieceBytes(bytes.byteLength);
    let at = arena.work(total);
    if (at === null) return null;
    const take = (byteLength: number): number => {
      const start = at ?? 0;
      at = start + pieceBytes(byteLength);
      return start;
    };
    const placed = inputs.map((bytes) => {
      if (inPlace(bytes)) return bytes.byteOffset;
      const start = take(bytes.byteLength);
      const source = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      new Uint8Array(arena.buffer, start, bytes.byteLength).set(source);
      return start;
    });
    return { kernels: arena.kernels, inputs: placed, pieces: pieces.map(take), buffer: arena.buffer };
  }

  return {
    allocate: (byteLength) => {
      if (byteLength === 0) return new Uint8Array(0);
      for (let arena = arenas[0]; ; arena = enlarge(ROOM_PER_BUFFER * pieceBytes(byteLength))) {
        const start = arena?.hold(byteLength) ?? null;
        if (arena !== undefined && start !== null) return new Uint8Array(arena.buffer, start, byteLength);
      }
    },
    release: (buffer) => {
      if (buffer.byteLength === 0) return;
      const arena = arenas.find((one) => one.buffer === buffer.buffer);
      if (arena?.free(buffer.byteOffset) !== true) {
        throw new FewbitError('FEWBIT_PLAN_INVALID', {
          message: `a buffer of ${buffer.byteLength} bytes was released that the backend does not hold`,
          allowed: 'each buffer of allocate once',
        });
      }
      arenas = arenas.filter((one, at) => at === 0 || one.holdsAny());
    },
    frame: (inputs, pieces) => {
      const [first] = inputs;
      const home = arenas.find((arena) => arena.buffer === first?.buffer);
      for (const arena of [home, arenas[0]]) {
        const frame = arena && frameIn(arena, inputs, pieces);
        if (frame) return frame;
      }
      const needed = sumOf(pieces) + sumOf(inputs.map((bytes) => bytes.byteLength));
      const frame = frameIn(enlarge(needed), inputs, pieces);
      if (frame !== null) return frame;
      throw new Error('an arena has no room for what it was made for');
    },
    close: () => {
      arenas = [];
    },
  };
}

function sumOf(pieces: readonly number[]): number {
  return pieces.reduce((sum, byteLength) => sum + pieceBytes(byteLength), 0);
}
