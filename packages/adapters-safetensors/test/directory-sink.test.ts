import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { OutputRefusedError, WriteError } from '@fewbit/core';
import {
  cleanLeftovers,
  createDirectorySink,
  listLeftovers,
  openCheckpoint,
  openPart,
} from '@fewbit/adapters-safetensors/node';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { writeError } from '../src/node/system-error.ts';
import { simpleFile } from './helpers/headers.ts';

let parent = '';
let target = '';
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'fewbit-test-'));
  target = join(parent, 'out');
});
afterEach(() => rm(parent, { recursive: true, force: true }));

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

async function write(
  name: string,
  content: Uint8Array,
  options?: { overwrite?: boolean; durable?: boolean },
): Promise<void> {
  const sink = await createDirectorySink(target, options);
  await sink.create(name, content.byteLength);
  await sink.write(name, 0, content);
  await sink.finish();
}

test('files get their names together, and nothing else is left', async () => {
  await write('model.safetensors', simpleFile({ a: 3 }));
  expect(await readdir(parent)).toEqual(['out']);
  expect(await readdir(target)).toEqual(['model.safetensors']);
  const checkpoint = await openCheckpoint(target);
  expect(checkpoint.tensors).toHaveLength(1);
  await checkpoint.close();
});

test('a durable sink gives the same files', async () => {
  await write('model.safetensors', simpleFile({ a: 3 }), { durable: true });
  expect(await readdir(target)).toEqual(['model.safetensors']);
});

test('directories on the way to the target are made, and removed again by abort', async () => {
  const deep = join(parent, 'a', 'b', 'out');
  const sink = await createDirectorySink(deep);
  expect(await readdir(join(parent, 'a', 'b'))).toHaveLength(1);
  await sink.abort();
  expect(await readdir(parent)).toEqual([]);
});

test('abort leaves directories that hold something else', async () => {
  const sink = await createDirectorySink(join(parent, 'a', 'out'));
  await writeFile(join(parent, 'a', 'other'), '');
  await sink.abort();
  expect(await readdir(join(parent, 'a'))).toEqual(['other']);
});

describe('what stands there already', () => {
  test('is not touched without overwrite', async () => {
    await write('model.safetensors', simpleFile({ a: 3 }));
    await expect(createDirectorySink(target)).rejects.toThrow(OutputRefusedError);
    expect(await readdir(parent)).toEqual(['out']);
  });

  test('is not touched when it comes while the files are written', async () => {
    const sink = await createDirectorySink(target);
    await sink.create('a.bin', 1);
    await mkdir(target);
    await writeFile(join(target, 'theirs'), 'x');
    await expect(sink.finish()).rejects.toThrow(OutputRefusedError);
    await sink.abort();
    expect(await readdir(parent)).toEqual(['out']);
    expect(await readdir(target)).toEqual(['theirs']);
  });

  test('is replaced whole with overwrite', async () => {
    await write('model.safetensors', simpleFile({ a: 3 }));
    await writeFile(join(target, 'old.json'), '{}');
    await write('model.safetensors', simpleFile({ b: 5 }), { overwrite: true });
    expect(await readdir(parent)).toEqual(['out']);
    expect(await readdir(target)).toEqual(['model.safetensors']);
    expect((await stat(join(target, 'model.safetensors'))).size).toBe(simpleFile({ b: 5 }).byteLength);
  });

  test('stays when the run that would replace it fails', async () => {
    await write('model.safetensors', simpleFile({ a: 3 }));
    const sink = await createDirectorySink(target, { overwrite: true });
    await sink.create('model.safetensors', 10);
    await sink.abort();
    expect(await readFile(join(target, 'model.safetensors'))).toHaveLength(simpleFile({ a: 3 }).byteLength);
  });

  test('is not replaced when it does not look like a checkpoint', async () => {
    await mkdir(join(target, 'documents'), { recursive: true });
    await writeFile(join(target, 'model.safetensors'), '');
    await expect(createDirectorySink(target, { overwrite: true })).rejects.toThrow(/folders in it: documents/);
    await rm(target, { recursive: true });
    await mkdir(target);
    await writeFile(join(target, 'thesis.txt'), '');
    await expect(createDirectorySink(target, { overwrite: true })).rejects.toThrow(/no safetensors file/);
    await rm(target, { recursive: true });
    await writeFile(target, 'a file');
    await expect(createDirectorySink(target, { overwrite: true })).rejects.toThrow(OutputRefusedError);
  });

  test('may be an empty directory', async () => {
    await mkdir(target);
    await write('model.safetensors', simpleFile({ a: 3 }));
    expect(await readdir(parent)).toEqual(['out']);
    expect(await readdir(target)).toEqual(['model.safetensors']);
  });
});

describe('finish refuses', () => {
  test('a file whose length changed', async () => {
    const sink = await createDirectorySink(target);
    await sink.create('a.bin', 100);
    await truncate(join(sink.directory, 'a.bin'), 50);
    await expect(sink.finish()).rejects.toThrow(/50 bytes; expected 100/);
    await sink.abort();
    expect(await readdir(parent)).toEqual([]);
  });

  test('a safetensors file whose header was never written', async () => {
    const sink = await createDirectorySink(target);
    await sink.create('model.safetensors', 100);
    await expect(sink.finish()).rejects.toThrow(WriteError);
    await sink.abort();
    expect(await readdir(parent)).toEqual([]);
  });
});

test.each(['../x', 'a/b', '', '.', '..', 'a\\b', 'c:x', 'a\0'])(
  'a file name that leads elsewhere is refused: %j',
  async (name) => {
    const sink = await createDirectorySink(target);
    await expect(sink.create(name, 1)).rejects.toThrow(WriteError);
    await expect(openPart(sink.directory).write(name, 0, bytes('x'))).rejects.toThrow(WriteError);
    await sink.abort();
  },
);

test('a parent that cannot be made is a WriteError', async () => {
  await writeFile(join(parent, 'file'), '');
  await expect(createDirectorySink(join(parent, 'file', 'out'))).rejects.toThrow(
    /FewbitError|OutputRefused|Write|not a directory|file stands/,
  );
});

test.each([
  ['ENOSPC', /the disk is full \(ENOSPC\)\. Free some space/],
  ['EDQUOT', /the quota is used up/],
  ['EACCES', /permission is denied/],
  ['EROFS', /read-only/],
  ['EXYZ', /something else/],
])('a write that the system refuses with %s says so in words', (code, message) => {
  const error = writeError('the file cannot be written', 'a.bin', Object.assign(new Error('something else'), { code }));
  expect(error).toBeInstanceOf(WriteError);
  expect(error.message).toMatch(message);
});

test('other threads write into the same files by their directory', async () => {
  const sink = await createDirectorySink(target);
  await sink.create('a.bin', 3000);
  await sink.write('a.bin', 0, new Uint8Array(1000).fill(1));
  const part = openPart(sink.directory);
  await part.write('a.bin', 1000, new Uint8Array(1000).fill(2));
  await expect(part.write('a.bin', 2500, new Uint8Array(1000))).rejects.toThrow(WriteError);
  await expect(part.write('b.bin', 0, new Uint8Array(1))).rejects.toThrow(WriteError);
  await part.close();
  const worker = new Worker(
    `const { openSync, writeSync } = require('node:fs'); const { workerData } = require('node:worker_threads');
     writeSync(openSync(workerData, 'r+'), new Uint8Array(1000).fill(3), 0, 1000, 2000);`,
    { eval: true, workerData: join(sink.directory, 'a.bin') },
  );
  await new Promise((resolve) => worker.once('exit', resolve));
  await sink.finish();
  const seen = await readFile(join(target, 'a.bin'));
  expect([seen[0], seen[999], seen[1000], seen[1999], seen[2000], seen[2999]]).toEqual([1, 1, 2, 2, 3, 3]);
});

test('a thread can tell that another one writes, also after a write that failed', async () => {
  const sink = await createDirectorySink(target);
  await sink.create('a.bin', 10);
  const writers = new SharedArrayBuffer(4);
  const [mine, other] = [openPart(sink.directory, { writers }), openPart(sink.directory, { writers })];
  expect(openPart(sink.directory)).not.toHaveProperty('isBusy');
  expect(mine.isBusy?.()).toBe(false);
  const writing = other.write('a.bin', 0, new Uint8Array(10));
  expect(mine.isBusy?.()).toBe(true);
  await writing;
  await expect(other.write('a.bin', 9, new Uint8Array(10))).rejects.toThrow(WriteError);
  expect(mine.isBusy?.()).toBe(false);
  await sink.abort();
});

/** Each attempt starts a program, which takes seconds where others are at work. */
const KILLING_TIMEOUT = 300_000;

describe('a run that is killed', () => {
  const run = (fill: number, killAfter: number | null): Promise<string> =>
    new Promise((resolve, reject) => {
      const writer = new URL('./helpers/killed-writer.ts', import.meta.url).pathname;
      const child = spawn(process.execPath, ['--conditions=@fewbit/source', writer, target, String(fill)], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let output = '';
      child.stdout.on('data', (chunk: Buffer) => {
        output += chunk.toString();
        if (killAfter !== null && output === 'ready\n') setTimeout(() => child.kill('SIGKILL'), killAfter);
      });
      child.once('error', reject);
      child.once('close', () => {
        resolve(output);
      });
    });

  /** The byte that every tensor is filled with; null where there is no checkpoint. */
  async function filledWith(): Promise<number | null> {
    if ((await stat(target).catch(() => null)) === null) return null;
    const checkpoint = await openCheckpoint(target);
    const seen: Set<number> = new Set();
    for (const { shard, begin, end } of checkpoint.tensors) {
      for (const byte of (await checkpoint.shards[shard]?.source.read(begin, end)) ?? []) seen.add(byte);
    }
    await checkpoint.close();
    expect(checkpoint.tensors).toHaveLength(6);
    expect(seen.size).toBe(1);
    return [...seen][0] ?? null;
  }

  test(
    'leaves nothing under the final name, or everything, whenever it is killed',
    { timeout: KILLING_TIMEOUT },
    async () => {
      let whole = 0;
      for (let attempt = 0; attempt < 16; attempt++) {
        // From the first moment to well after the end.
        await run(1, attempt * 6);
        if ((await filledWith()) !== null) whole += 1;
        await rm(target, { recursive: true, force: true });
        await cleanLeftovers(target);
        expect(await readdir(parent)).toEqual([]);
      }
      expect(whole).toBeLessThan(16);
    },
  );

  test(
    'leaves the old checkpoint, or the new, when it overwrites; cleaning up brings back what was moved aside',
    { timeout: KILLING_TIMEOUT },
    async () => {
      expect(await run(1, null)).toBe('ready\ndone\n');
      for (let attempt = 0; attempt < 8; attempt++) {
        await run(2, 20 + attempt * 9);
        const before = await filledWith();
        await cleanLeftovers(target);
        expect(await readdir(parent)).toEqual(['out']);
        const after = await filledWith();
        expect([1, 2]).toContain(after);
        if (before !== null) expect(after).toBe(before);
      }
    },
  );

  test('leaves files that can be told by their names', async () => {
    const sink = await createDirectorySink(target);
    await createDirectorySink(join(parent, 'other'));
    await mkdir(join(parent, '.out.fewbit-0123456789abcdef.replaced'));
    const leftovers = await listLeftovers(target);
    expect(leftovers.map(({ kind }) => kind).sort()).toEqual(['partial', 'replaced']);
    expect(leftovers.map(({ path }) => path)).toContain(sink.directory);
    await cleanLeftovers(target);
    expect((await readdir(parent)).sort()).toEqual([expect.stringMatching(/^\.other\.fewbit-/), 'out']);
    expect(await listLeftovers(join(parent, 'none', 'there'))).toEqual([]);
  });
});
