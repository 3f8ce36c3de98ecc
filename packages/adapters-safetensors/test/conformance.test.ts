import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  adapterConformance,
  sinkConformance,
  sourceConformance,
  type MakeSource,
  type SinkUnderTest,
} from '@fewbit/core/testing';
import {
  createMemorySink,
  listLogicalTensors,
  memorySource,
  openFolder,
  safetensorsAdapter,
} from '@fewbit/adapters-safetensors';
import { createDirectorySink, openFileSource } from '@fewbit/adapters-safetensors/node';
import { blobSource, openHttpSource } from '@fewbit/adapters-safetensors/web';
import { describe, test } from 'vitest';

import { memoryFiles } from './helpers/memory-files.ts';
import { startRangeServer } from './helpers/range-server.ts';

const scratch = (): Promise<string> => mkdtemp(join(tmpdir(), 'fewbit-test-'));

const fromFile: MakeSource = async (bytes) => {
  const directory = await scratch();
  const path = join(directory, 'file.bin');
  await writeFile(path, bytes);
  const source = await openFileSource(path);
  return {
    ...source,
    close: async () => {
      await source.close?.();
      await rm(directory, { recursive: true });
    },
  };
};

const fromServer: MakeSource = async (bytes) => {
  const server = await startRangeServer(new Map([['/file.bin', bytes]]));
  const source = await openHttpSource(`${server.url}/file.bin`);
  return {
    ...source,
    close: async () => {
      await source.close?.();
      await server.close();
    },
  };
};

describe.each<[string, MakeSource]>([
  ['memory', (bytes) => Promise.resolve(memorySource(bytes))],
  ['a file', fromFile],
  ['a blob', (bytes) => Promise.resolve(blobSource(new Blob([new Uint8Array(bytes)])))],
  ['a server', fromServer],
])('the source of %s', (_, make) => {
  for (const { name, run } of sourceConformance(make)) test(name, run);
});

async function inDirectory(): Promise<SinkUnderTest> {
  const parent = await scratch();
  const target = join(parent, 'out');
  return {
    sink: await createDirectorySink(target),
    published: async () => {
      const names = await readdir(target).catch(() => null);
      if (names === null) return null;
      return new Map(
        await Promise.all(
          names.map(async (name): Promise<[string, Uint8Array]> => [name, await readFile(join(target, name))]),
        ),
      );
    },
    dispose: () => rm(parent, { recursive: true }),
  };
}

function inMemory(): Promise<SinkUnderTest> {
  const sink = createMemorySink();
  return Promise.resolve({ sink, published: () => Promise.resolve(sink.files()) });
}

describe.each<[string, () => Promise<SinkUnderTest>]>([
  ['a directory', inDirectory],
  ['memory', inMemory],
])('the sink into %s', (_, make) => {
  for (const { name, run } of sinkConformance(make)) test(name, run);
});

describe('the safetensors adapter', () => {
  const cases = adapterConformance({
    adapter: safetensorsAdapter,
    open: (files) => openFolder(memoryFiles(files)),
    list: (checkpoint) => listLogicalTensors(checkpoint).tensors,
  });
  for (const { name, run } of cases) test(name, run);
});
