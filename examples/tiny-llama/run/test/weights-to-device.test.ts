import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { listLogicalTensors } from '@fewbit/adapters-safetensors';
import { openCheckpoint } from '@fewbit/adapters-safetensors/node';
import {
  byteLength,
  createReferenceBackend,
  fromFloat32,
  readLinear,
  readValues,
  toFloat32,
  type LogicalTensor,
  type Source,
  type StoredTensor,
} from '@fewbit/core';
import { probeWebgpu, type WebgpuBackend } from '@fewbit/kernels-webgpu';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { create } from 'webgpu';
import { quantize } from '../quantize.ts';
import { RECIPES } from '../recipes.ts';
import { registry } from '../registry.ts';
import { MODEL } from './run-model.ts';

const SWIFTSHADER = '/usr/lib/chromium/vk_swiftshader_icd.json';
if (existsSync(SWIFTSHADER)) process.env.VK_ICD_FILENAMES ??= SWIFTSHADER;
const { fewbitGpu: gpu } = Object.assign(globalThis, { fewbitGpu: create([]) });
const adapter = await gpu.requestAdapter();
// Says so once, loudly: webgpu.test.ts.
if (adapter === null && process.env.CI !== undefined) throw new Error('there is no WebGPU adapter to test on');

/** [256, 512]: rows are whole units of 32, so that what lies on the device is padded by nothing but its end. */
const WEIGHT = 'model.layers.0.mlp.down_proj.weight';
const ELEMENTS = 256 * 512;
/** Of every buffer, to 16 bytes; and one that stands for all that a layer has not. */
const NOTHING = 16;
const padded = (bytes: number): number => Math.ceil(bytes / 16) * 16;

interface Recorded {
  readonly backend: WebgpuBackend;
  /** Buffers that were created with their contents since the last call. */
  readonly filled: () => readonly GPUBuffer[];
  /** Bytes that a queue was given since the last call. */
  readonly queued: () => number;
  readonly contents: (buffer: GPUBuffer) => Promise<Uint8Array>;
}

/** A backend on a device that tells what is written to it. */
async function recorded(): Promise<Recorded> {
  const device = await (await gpu.requestAdapter())?.requestDevice();
  if (device === undefined) throw new Error('no adapter');
  let filled: GPUBuffer[] = [];
  let queued = 0;
  const { queue } = device;
  const recordingQueue = overridden(queue, {
    writeBuffer(...[buffer, at, data, from, size]: Parameters<GPUQueue['writeBuffer']>) {
      queued += size ?? data.byteLength;
      queue.writeBuffer(buffer, at, data, from, size);
    },
  });
  const recording = overridden(device, {
    queue: recordingQueue,
    createBuffer(descriptor: GPUBufferDescriptor) {
      const buffer = device.createBuffer(descriptor);
      if (descriptor.mappedAtCreation === true) filled.push(buffer);
      return buffer;
    },
  });
  const { backend, reason } = await probeWebgpu({ gpu, device: recording, kernels: [] });
  if (backend === null) throw new Error(reason);
  return {
    backend,
    filled() {
      const seen = filled;
      filled = [];
      return seen;
    },
    queued() {
      const seen = queued;
      queued = 0;
      return seen;
    },
    async contents(buffer) {
      const usage = GPU_BUFFER_USAGE.mapRead | GPU_BUFFER_USAGE.copyTarget;
      const readback = device.createBuffer({ size: buffer.size, usage });
      const encoder = device.createCommandEncoder();
      encoder.copyBufferToBuffer(buffer, 0, readback, 0, buffer.size);
      queue.submit([encoder.finish()]);
      await readback.mapAsync(1);
      const bytes = new Uint8Array(readback.getMappedRange().slice(0));
      readback.destroy();
      return bytes;
    },
  };
}

const GPU_BUFFER_USAGE = { mapRead: 1, copyTarget: 8 } as const;

function overridden<T extends object>(object: T, members: Partial<T>): T {
  return new Proxy(object, {
    get(target, name) {
      const own: unknown = Reflect.get(members, name);
      if (own !== undefined) return own;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

const FLOATS = ['Float32Array', 'Float64Array', 'Float16Array'] as const;

/** Elements of all arrays of floats that are made while something runs, in pieces or at once, copies and views. */
async function floatsMadeBy(action: () => Promise<unknown>): Promise<number> {
  let elements = 0;
  for (const name of FLOATS) {
    const constructor: unknown = Reflect.get(globalThis, name);
    if (typeof constructor !== 'function') continue;
    vi.stubGlobal(
      name,
      new Proxy(constructor, {
        construct(target, args, newTarget) {
          const made: unknown = Reflect.construct(target, args, newTarget);
          if (ArrayBuffer.isView(made)) elements += Number(Reflect.get(made, 'length'));
          return made as object;
        },
      }),
    );
  }
  try {
    await action();
  } finally {
    vi.unstubAllGlobals();
  }
  return elements;
}

function histogram(nibbles: Iterable<number>): readonly number[] {
  const counts = Array<number>(16).fill(0);
  for (const nibble of nibbles) counts[nibble & 15] = (counts[nibble & 15] ?? 0) + 1;
  return counts;
}

const halves = (bytes: Uint8Array): number[] => [...bytes].flatMap((byte) => [byte & 15, byte >> 4]);

interface Opened {
  readonly weight: LogicalTensor;
  readonly sources: readonly Source[];
}

async function openedFrom(folder: string): Promise<Opened> {
  const checkpoint = await openCheckpoint(folder);
  onTearDown.push(checkpoint.close);
  const weight = listLogicalTensors(checkpoint).tensors.find(({ name }) => name === WEIGHT);
  if (weight === undefined) throw new Error(`no ${WEIGHT}`);
  return { weight, sources: checkpoint.shards.map(({ source }) => source) };
}

const quantizing = createReferenceBackend().quantizing;
const shared = { bias: null, tensorClasses: registry.tensorClasses, backend: quantizing, dtype: 'F32' } as const;

/** The model's weight in another dtype. */
async function asF16({ weight, sources }: Opened): Promise<Opened> {
  const { bytes, dtype, shape } = await readValues({ ...shared, tensor: weight, sources });
  const data = fromFloat32(toFloat32(bytes, dtype), 'F16').slice();
  const stored: StoredTensor = { name: WEIGHT, dtype: 'F16', shape, shard: 0, begin: 0, end: data.length };
  const source: Source = { byteLength: data.length, read: (start, end) => Promise.resolve(data.subarray(start, end)) };
  return { weight: { name: WEIGHT, quantized: null, components: new Map([['', stored]]) }, sources: [source] };
}

async function componentOf({ weight, sources }: Opened, name: string): Promise<Uint8Array> {
  const stored = weight.components.get(name);
  const bytes = stored && (await sources[stored.shard]?.read(stored.begin, stored.end));
  if (bytes === undefined) throw new Error(`no component "${name}"`);
  return bytes;
}

let scratch: string;
const onTearDown: (() => void | Promise<void>)[] = [];
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'tiny-llama-'));
});
afterAll(async () => {
  for (const each of onTearDown) await each();
  await rm(scratch, { recursive: true });
});

async function opened(name: string): Promise<Opened> {
  const { recipe } = RECIPES.find((one) => one.name === name) ?? { recipe: null };
  if (recipe === null) return name === 'F16' ? asF16(await openedFrom(MODEL)) : openedFrom(MODEL);
  const folder = join(scratch, name);
  await quantize(MODEL, recipe, folder);
  return openedFrom(folder);
}

describe.skipIf(adapter === null)('a weight goes from file to GPU with floats in between:', () => {
  let device: Recorded;
  beforeAll(async () => {
    device = await recorded();
    onTearDown.push(device.backend.close);
  });

  test.each([
    ['BF16', '', 1],
    ['F16', '', 1],
    // With zero points that torchao stores and does not look at.
    ['int8', 'qdata', 1, 'zero_point'],
    ['int8-dynamic', 'qdata', 1, 'zero_point'],
    // Stored a code to a byte.
    ['int4', 'qdata', 0.5],
    ['int4-dynamic', 'qdata', 0.5],
    ['int4-plain', 'qdata', 1],
  ] as const)(
    '%s',
    async (name, codes, share, unused?) => {
      const { inference } = device.backend;
      const from = await opened(name);
      const read = { ...shared, ...from };
      // The kernel is proven here, on weights of the proof's own.
      (await inference.loadLinear(await readLinear(read))).release();
      device.filled();
      device.queued();

      let bytes = 0;
      const floats = await floatsMadeBy(async () => {
        const layer = await inference.loadLinear(await readLinear(read));
        bytes = layer.byteLength;
      });
      expect(floats).toBe(0);

      const filled = device.filled();
      const sizes = filled.map(({ size }) => size);
      const components = [...from.weight.components].filter(([component]) => component !== unused);
      const expected = components.map(([component, stored]) =>
        padded(byteLength(stored) * (component === codes ? share : 1)),
      );
      expect(sizes.sort((a, b) => a - b)).toEqual([NOTHING, ...expected].sort((a, b) => a - b));
      expect([bytes, device.queued()]).toEqual([sizes.reduce((sum, size) => sum + size, 0), 0]);

      const stored = await componentOf(from, codes);
      const largest = filled.toSorted((a, b) => b.size - a.size)[0];
      const seen = largest && (await device.contents(largest));
      if (!name.startsWith('int4')) expect(seen).toEqual(new Uint8Array(stored));
      // In another order, each code plus 8.
      else {
        expect(histogram(halves(seen ?? new Uint8Array(0)).map((nibble) => nibble - 8))).toEqual(
          histogram(share === 1 ? halves(stored) : stored),
        );
      }
    },
    300_000,
  );

  test('but for a check that sees none, were there any', async () => {
    expect(await floatsMadeBy(() => Promise.resolve(new Float32Array(ELEMENTS)))).toBe(ELEMENTS);
    expect(await floatsMadeBy(() => Promise.resolve(toFloat32(new Uint8Array(64), 'BF16')))).toBe(32);
    expect(await floatsMadeBy(() => Promise.resolve(Float32Array.from([1, 2])))).toBe(2);
  });
});
