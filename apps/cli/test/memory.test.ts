import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { describe, expect, test } from 'vitest';

// What a text may cost is ten times its size. The constant is what an empty one needs (modules, a growing heap's slack).
const TIMES = 10;
const CONSTANT_MB = 16;

/** Reads a text on a thread that has no more memory than the text may cost; the thread dies when that is not enough. */
async function readBounded(kind: 'recipe' | 'header', bytes: Uint8Array, textLength = bytes.length): Promise<unknown> {
  const worker = new Worker(new URL('bounded-reader.ts', import.meta.url), {
    workerData: { kind, bytes },
    execArgv: ['--conditions=@fewbit/source'],
    resourceLimits: {
      maxOldGenerationSizeMb: CONSTANT_MB + Math.ceil((TIMES * textLength) / 2 ** 20),
      maxYoungGenerationSizeMb: 1,
    },
  });
  const [answer] = (await once(worker, 'message')) as [unknown];
  await worker.terminate();
  return answer;
}

const list = (count: number, make: (index: number) => string): string =>
  Array.from({ length: count }, (_, at) => make(at)).join(',');
const name = (index: number): string => index.toString(36);

describe('a recipe costs at most ten times its size in memory, whatever stands in it', () => {
  const int4 = '{"_type":"Int4WeightOnlyConfig","_version":2,"_data":{"group_size":32}}';
  test.each([
    [
      '5,000 keys of a large model',
      'read',
      `{${list(5_000, (at) => `"re:model\\\\.layers\\\\.${at % 61}\\\\.mlp\\\\.experts\\\\.${at}\\\\.(gate|up)_proj":${int4}`)}}`,
    ],
    ['10,000 short patterns', 'read', `{${list(10_000, (at) => `"re:.*${name(at)}.*x":null`)}}`],
    ['900,000 short keys', 'read', `{${list(900_000, (at) => `"${name(at)}":null`)}}`],
    [
      '100,000 different configs',
      'read',
      `{${list(100_000, (at) => `"${name(at)}":{"type":"Int4WeightOnlyConfig","group_size":${at + 1}}`)}}`,
    ],
    [
      '300,000 numbers',
      'FEWBIT_RECIPE_INVALID',
      `{"a":{"type":"Int4WeightOnlyConfig","group_size":[${list(300_000, () => '0')}]}}`,
    ],
    ['300,000 keys of one name', 'FEWBIT_RECIPE_INVALID', `{${list(300_000, () => '"a":null')}}`],
    ['300,000 mistakes', 'FEWBIT_RECIPE_INVALID', `{${list(300_000, (at) => `"${name(at)}":0`)}}`],
  ])('%s', async (_, outcome, text) => {
    expect(await readBounded('recipe', new TextEncoder().encode(text))).toBe(outcome);
  });
});

describe('a header costs at most ten times its size in memory, whatever stands in it', () => {
  const tensor = (at: number): string => `{"dtype":"U8","shape":[1],"data_offsets":[${at},${at + 1}]}`;
  test.each([
    [
      '100,000 tensors of a large model',
      100_000,
      list(100_000, (at) => `"model.layers.${at % 61}.mlp.experts.${at}.gate_proj.weight":${tensor(at)}`),
    ],
    ['300,000 tensors with short names', 300_000, list(300_000, (at) => `"${name(at)}":${tensor(at)}`)],
    ['400,000 short metadata entries', 0, `"__metadata__":{${list(400_000, (at) => `"${name(at)}":""`)}}`],
  ])('%s', async (_, dataBytes, members) => {
    const text = new TextEncoder().encode(`{${members}}`);
    const file = new Uint8Array(8 + text.length + dataBytes);
    new DataView(file.buffer).setBigUint64(0, BigInt(text.length), true);
    file.set(text, 8);
    expect(await readBounded('header', file, text.length)).toBe('read');
  });
});
