import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  describeCheckpoint,
  openFolder,
  type CheckpointDescription,
  type CheckpointFolder,
  type DescribeOptions,
} from '@fewbit/adapters-safetensors';

import { fileOf } from './headers.ts';
import { memoryFiles, textBytes } from './memory-files.ts';

interface HeaderEntry {
  readonly dtype: string;
  readonly shape: number[];
  readonly data_offsets: [number, number];
}

/** A checkpoint of a real library, as conformance/fixtures/make_quantized_fixtures.py keeps it. */
export interface QuantizedFixture {
  /** Parameters of the model before it was quantized. */
  readonly parameters: number;
  config: Record<string, unknown> & { quantization_config?: Record<string, unknown> };
  readonly index: { weight_map: Record<string, string> } | null;
  readonly shards: Record<string, { header: Record<string, HeaderEntry>; bytes: Record<string, string> }>;
}

const FOLDER = new URL('../fixtures/quantized/', import.meta.url);

export const FIXTURES: readonly string[] = readdirSync(FOLDER).map((file) => file.replace(/\.json$/, ''));

/** A fresh copy, to break in a test. */
export function fixture(name: string): QuantizedFixture {
  return JSON.parse(readFileSync(fileURLToPath(new URL(`${name}.json`, FOLDER)), 'utf8')) as QuantizedFixture;
}

/** The files of a fixture: headers and kept bytes as they were, zeros for the rest. */
export function fixtureFiles({ config, index, shards }: QuantizedFixture): Map<string, Uint8Array> {
  const files: Map<string, Uint8Array> = new Map();
  for (const [name, { header, bytes }] of Object.entries(shards)) {
    const text = JSON.stringify(packedOffsets(header));
    const placed = JSON.parse(text) as Record<string, HeaderEntry>;
    const length = Object.entries(placed).reduce(
      (end, [tensor, entry]) => (tensor === '__metadata__' ? end : Math.max(end, entry.data_offsets[1])),
      0,
    );
    const file = fileOf(text, length).fill(0, 8 + text.length);
    for (const [tensor, base64] of Object.entries(bytes)) {
      const entry = placed[tensor];
      if (entry !== undefined) file.set(Buffer.from(base64, 'base64'), 8 + text.length + entry.data_offsets[0]);
    }
    files.set(name, file);
  }
  files.set('config.json', textBytes(JSON.stringify(config)));
  if (index !== null) files.set('model.safetensors.index.json', textBytes(JSON.stringify(index)));
  return files;
}

/** Tensors one after the other, so that a test may take one out. */
function packedOffsets(header: Record<string, HeaderEntry>): Record<string, unknown> {
  let position = 0;
  const entries = Object.entries(header).filter(([name]) => name !== '__metadata__');
  const packed = entries.map(
    ([
      name,
      {
        dtype,
        shape,
        data_offsets: [begin, end],
      },
    ]) => {
      const start = position;
      position += end - begin;
      return [name, { dtype, shape, data_offsets: [start, position] }] as const;
    },
  );
  return { __metadata__: header.__metadata__, ...Object.fromEntries<unknown>(packed) };
}

export function openFixture(broken: QuantizedFixture): Promise<CheckpointFolder> {
  return openFolder(memoryFiles(fixtureFiles(broken)), undefined, { brokenIndex: 'report' });
}

export async function describeFixture(
  broken: QuantizedFixture,
  options: DescribeOptions = {},
): Promise<CheckpointDescription> {
  return describeCheckpoint(await openFixture(broken), options);
}

/** Takes tensors out. */
export function without(
  { shards, index, ...rest }: QuantizedFixture,
  isLost: (tensor: string) => boolean,
): QuantizedFixture {
  const kept = Object.entries(shards).map(([name, { header, bytes }]) => [
    name,
    { header: Object.fromEntries(Object.entries(header).filter(([tensor]) => !isLost(tensor))), bytes },
  ]);
  const map = Object.entries(index?.weight_map ?? {}).filter(([tensor]) => !isLost(tensor));
  return {
    ...rest,
    shards: Object.fromEntries(kept) as QuantizedFixture['shards'],
    index: index === null ? null : { weight_map: Object.fromEntries(map) },
  };
}

/** Changes the header entry of a tensor. */
export function alter(broken: QuantizedFixture, name: string, change: Partial<HeaderEntry>): QuantizedFixture {
  for (const { header } of Object.values(broken.shards)) {
    const entry = header[name];
    if (entry === undefined) continue;
    const shape = change.shape ?? entry.shape;
    const width = (entry.data_offsets[1] - entry.data_offsets[0]) / Math.max(1, product(entry.shape));
    header[name] = { dtype: change.dtype ?? entry.dtype, shape, data_offsets: [0, product(shape) * width] };
  }
  return broken;
}

function product(shape: readonly number[]): number {
  return shape.reduce((count, extent) => count * extent, 1);
}
