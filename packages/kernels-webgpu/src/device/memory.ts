import { BUFFER_USAGE } from './flags.ts';

/** What a backend holds on its device. */
export interface MemoryUse {
  readonly buffers: number;
  readonly bytes: number;
}

/** Buffers of one device, counted, and those that come and go with each run kept for the next. */
export interface DeviceMemory {
  /** A buffer with contents: `write` fills its memory, which is all 0, before the device sees it. */
  readonly createFilled: (byteLength: number, write: (bytes: Uint8Array) => void) => GPUBuffer;
  readonly destroy: (buffer: GPUBuffer) => void;
  /** A buffer of at least that size, with any contents. */
  readonly take: (kind: TemporaryKind, byteLength: number) => GPUBuffer;
  /** Gives it back. What the queue still does with it comes before what its next owner does. */
  readonly giveBack: (kind: TemporaryKind, buffer: GPUBuffer) => void;
  readonly use: () => MemoryUse;
  readonly destroyAll: () => void;
}

export type TemporaryKind = 'storage' | 'uniform' | 'readback';

const USAGES: Readonly<Record<TemporaryKind, number>> = {
  storage: BUFFER_USAGE.storage | BUFFER_USAGE.copySource | BUFFER_USAGE.copyTarget,
  uniform: BUFFER_USAGE.uniform | BUFFER_USAGE.copyTarget,
  readback: BUFFER_USAGE.mapRead | BUFFER_USAGE.copyTarget,
};
/** Of each kind, how many unused ones are kept. */
const KEPT = 16;

export function createMemory(device: GPUDevice): DeviceMemory {
  const all: Set<GPUBuffer> = new Set();
  const free: Map<TemporaryKind, GPUBuffer[]> = new Map();

  return {
    createFilled(byteLength, write) {
      const usage = BUFFER_USAGE.storage | BUFFER_USAGE.copySource;
      const buffer = device.createBuffer({
        size: Math.max(16, roundedUp(byteLength, 16)),
        usage,
        mappedAtCreation: true,
      });
      all.add(buffer);
      write(new Uint8Array(buffer.getMappedRange(), 0, byteLength));
      buffer.unmap();
      return buffer;
    },
    destroy,
    take(kind, byteLength) {
      const unused = free.get(kind) ?? [];
      const size = sizeClass(byteLength);
      const at = unused.findIndex((buffer) => buffer.size === size);
      const [found] = at < 0 ? [] : unused.splice(at, 1);
      if (found !== undefined) return found;
      const buffer = device.createBuffer({ size, usage: USAGES[kind] });
      all.add(buffer);
      return buffer;
    },
    giveBack(kind, buffer) {
      if (!all.has(buffer)) return;
      const unused = free.get(kind) ?? [];
      unused.push(buffer);
      free.set(kind, unused);
      const oldest = unused.length > KEPT ? unused.shift() : undefined;
      if (oldest !== undefined) destroy(oldest);
    },
    use: () => ({ buffers: all.size, bytes: [...all].reduce((sum, { size }) => sum + size, 0) }),
    destroyAll() {
      for (const buffer of all) destroy(buffer);
      free.clear();
    },
  };

  function destroy(buffer: GPUBuffer): void {
    if (all.delete(buffer)) buffer.destroy();
  }
}

// Powers of two up to a MiB, whole MiB beyond: few sizes, so that one of the right size is often there.
function sizeClass(byteLength: number): number {
  const mebibyte = 2 ** 20;
  if (byteLength > mebibyte) return roundedUp(byteLength, mebibyte);
  return Math.max(256, 2 ** Math.ceil(Math.log2(Math.max(byteLength, 1))));
}

export function roundedUp(value: number, unit: number): number {
  return Math.ceil(value / unit) * unit;
}
