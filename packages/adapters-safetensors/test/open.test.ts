import { mkdir, mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InvalidCheckpointError, ReadError } from '@fewbit/core';
import { openCheckpoint, openFileSource, openSource } from '@fewbit/adapters-safetensors/node';
import { openCheckpointBlob, openCheckpointBlobs } from '@fewbit/adapters-safetensors/web';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { simpleFile } from './helpers/headers.ts';
import { textBytes } from './helpers/memory-files.ts';

let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'fewbit-test-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

test('a file, its directory and its index all open', async () => {
  await writeFile(join(directory, 'part.safetensors'), simpleFile({ a: 2 }));
  await writeFile(join(directory, 'model.safetensors.index.json'), '{"weight_map":{"a":"part.safetensors"}}');
  await writeFile(join(directory, 'config.json'), '{}');
  await writeFile(join(directory, 'vocab.txt'), 'x');
  await mkdir(join(directory, 'original'));
  for (const location of ['', 'part.safetensors', 'model.safetensors.index.json']) {
    const checkpoint = await openCheckpoint(join(directory, location));
    expect(checkpoint.tensors.map(({ name }) => name)).toEqual(['a']);
    expect(checkpoint.shards[0]?.name).toBe('part.safetensors');
    expect(checkpoint.config).toEqual(location === 'part.safetensors' ? null : {});
    expect(checkpoint.sideFiles).toEqual(location === 'part.safetensors' ? [] : ['vocab.txt']);
    const again = await openSource(checkpoint.shardLocations[0] ?? '');
    expect(again.byteLength).toBe(simpleFile({ a: 2 }).byteLength);
    await again.close?.();
    await checkpoint.close();
  }
});

test('a directory of links opens, as the hub’s cache has them', async () => {
  await mkdir(join(directory, 'blobs'));
  await mkdir(join(directory, 'snapshot'));
  await writeFile(join(directory, 'blobs', '0123'), simpleFile({ a: 2 }));
  await symlink(join('..', 'blobs', '0123'), join(directory, 'snapshot', 'model.safetensors'));
  await symlink('nowhere', join(directory, 'snapshot', 'broken'));
  const checkpoint = await openCheckpoint(join(directory, 'snapshot'));
  expect(checkpoint.tensors).toHaveLength(1);
  expect(checkpoint.sideFiles).toEqual([]);
  await checkpoint.close();
});

test('what is missing, a directory, or malformed gives the fitting error', async () => {
  await expect(openCheckpoint(join(directory, 'none'))).rejects.toThrow(ReadError);
  await expect(openCheckpoint(directory)).rejects.toThrow(/no safetensors file/);
  await expect(openFileSource(directory)).rejects.toThrow(ReadError);
  await writeFile(join(directory, 'x.safetensors'), 'short');
  await expect(openCheckpoint(join(directory, 'x.safetensors'))).rejects.toThrow(InvalidCheckpointError);
});

test('a file that shrinks while it is read is a ReadError, not zeros', async () => {
  const path = join(directory, 'x.bin');
  await writeFile(path, new Uint8Array(1000));
  const source = await openFileSource(path);
  await truncate(path, 500);
  await expect(source.read(400, 600)).rejects.toThrow(/ends at 500/);
  await source.close?.();
  await source.close?.();
  await expect(source.read(0, 1)).rejects.toThrow(/closed/);
});

test('a file that a user chose opens, and so do several', async () => {
  const blob = new Blob([simpleFile({ a: 2 })]);
  expect((await openCheckpointBlob(blob)).shards[0]?.name).toBe('model.safetensors');
  expect((await openCheckpointBlob(new File([simpleFile({ a: 2 })], 'my.safetensors'))).shards[0]?.name).toBe(
    'my.safetensors',
  );
  const chosen: Map<string, Blob> = new Map<string, Blob>([
    ['s.safetensors', blob],
    ['model.safetensors.index.json', new Blob([textBytes('{"weight_map":{"a":"s.safetensors"}}').slice()])],
    ['config.json', new Blob(['{"model_type":"x"}'])],
    ['tokenizer.json', new Blob(['{}'])],
  ]);
  const checkpoint = await openCheckpointBlobs(chosen);
  expect(checkpoint.config).toEqual({ model_type: 'x' });
  expect(checkpoint.sideFiles).toEqual(['tokenizer.json']);
  await expect(openCheckpointBlobs(new Map())).rejects.toThrow(ReadError);
});
