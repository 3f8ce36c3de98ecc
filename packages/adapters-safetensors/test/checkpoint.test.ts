import { InvalidCheckpointError, ReadError } from '@fewbit/core';
import { describe, expect, test } from 'vitest';
import { openFile, openFolder, parseIndex, type CheckpointFiles } from '@fewbit/adapters-safetensors';

import { countingSource, type CountingSource } from './helpers/counting-source.ts';
import { simpleFile } from './helpers/headers.ts';
import { memoryFiles, textBytes } from './helpers/memory-files.ts';

const indexOf = (weightMap: Record<string, string>): Uint8Array =>
  textBytes(JSON.stringify({ metadata: { total_size: 0 }, weight_map: weightMap }));
const shard = 'model-00001-of-00002.safetensors';
const other = 'model-00002-of-00002.safetensors';
const sharded = (weightMap: Record<string, string>): Map<string, Uint8Array> =>
  new Map([
    [shard, simpleFile({ a: 1, b: 2 }, { format: 'pt', who: 'first' })],
    [other, simpleFile({ c: 3 }, { format: 'pt', who: 'second' })],
    ['model.safetensors.index.json', indexOf(weightMap)],
  ]);

describe('a folder', () => {
  test('of one file gives its tensors, config and side files', async () => {
    const files = new Map([
      ['model.safetensors', simpleFile({ a: 1 })],
      ['config.json', textBytes('{"model_type": "llama"}')],
      ['tokenizer.json', textBytes('{}')],
      ['README.md', textBytes('hello')],
    ]);
    const folder = await openFolder(memoryFiles(files));
    expect(folder.tensors.map(({ name }) => name)).toEqual(['a']);
    expect(folder.config).toEqual({ model_type: 'llama' });
    expect(folder.configText).toBe('{"model_type": "llama"}');
    expect(folder.sideFiles).toEqual(['README.md', 'tokenizer.json']);
    expect(folder.shardLocations).toEqual(['memory/model.safetensors']);
    const side = await folder.openSideFile('README.md');
    expect(new TextDecoder().decode(await side.read(0, 5))).toBe('hello');
    await expect(folder.openSideFile('gone')).rejects.toThrow(ReadError);
  });

  test('of shards gives all tensors in order, each with its shard, and the last metadata', async () => {
    const folder = await openFolder(memoryFiles(sharded({ c: other, a: shard, b: shard })));
    expect(folder.shards.map(({ name }) => name)).toEqual([shard, other]);
    expect(folder.tensors.map(({ name, shard: own }) => [name, own])).toEqual([
      ['a', 0],
      ['b', 0],
      ['c', 1],
    ]);
    expect(folder.metadata.get('who')).toBe('second');
    expect(folder.sideFiles).toEqual([]);
    const [, , c] = folder.tensors;
    expect(await folder.shards[1]?.source.read(c?.begin ?? 0, c?.end ?? 0)).toHaveLength(3);
  });

  test('that cannot be listed is tried for the usual names', async () => {
    const one = await openFolder(memoryFiles(new Map([['model.safetensors', simpleFile({ a: 1 })]]), false));
    expect(one.tensors).toHaveLength(1);
    const many = await openFolder(memoryFiles(sharded({ a: shard, b: shard, c: other }), false));
    expect(many.tensors).toHaveLength(3);
    await expect(openFolder(memoryFiles(new Map(), false))).rejects.toThrow(ReadError);
  });

  test('with one safetensors file of another name is opened, with several is not', async () => {
    const one = new Map([['adapter_model.safetensors', simpleFile({ a: 1 })]]);
    expect((await openFolder(memoryFiles(one))).tensors).toHaveLength(1);
    one.set('b.safetensors', simpleFile({ a: 1 }));
    await expect(openFolder(memoryFiles(one))).rejects.toThrow(
      /several candidates: adapter_model.safetensors, b.safetensors/,
    );
    await expect(openFolder(memoryFiles(new Map([['x.txt', textBytes('')]])))).rejects.toThrow(/no safetensors file/);
  });

  test('without config has none', async () => {
    const folder = await openFolder(memoryFiles(new Map([['model.safetensors', simpleFile({})]])));
    expect(folder.config).toBeNull();
    expect(folder.configText).toBeNull();
  });

  test('with a config as Python writes it keeps its infinities', async () => {
    const config = (text: string): Promise<unknown> =>
      openFolder(
        memoryFiles(
          new Map([
            ['model.safetensors', simpleFile({})],
            ['config.json', textBytes(text)],
          ]),
        ),
      ).then((folder) => folder.config);
    expect(await config('{"limit": [0.0, Infinity, -Infinity, NaN], "text": "Infinity \\" NaN"}')).toEqual({
      limit: [0, Infinity, -Infinity, null],
      text: 'Infinity " NaN',
    });
    await expect(config('[1]')).rejects.toThrow(InvalidCheckpointError);
    await expect(config('{"a": Infinit}')).rejects.toThrow(InvalidCheckpointError);
  });
});

test('an index in another order than its shards is as good', async () => {
  const { shards } = await openFolder(memoryFiles(sharded({ c: other, b: shard, a: shard })));
  expect(shards.map(({ name }) => name)).toEqual([shard, other]);
});

describe('an index that does not agree with its shards', () => {
  test.each([
    ['a tensor that no shard has', { a: shard, b: shard, c: other, d: other }, /"d" is not in model-00002/],
    ['a tensor in another shard than it says', { a: shard, b: shard, c: shard }, /"c" is not in model-00001/],
    [
      'a tensor that it does not list',
      { a: shard, c: other },
      /"b" is in model-00001-of-00002.safetensors but not in the index/,
    ],
  ])('%s', async (_, weightMap, message) => {
    await expect(openFolder(memoryFiles(sharded(weightMap)))).rejects.toThrow(InvalidCheckpointError);
    await expect(openFolder(memoryFiles(sharded(weightMap)))).rejects.toThrow(message);
  });

  test('a tensor in two shards', async () => {
    const files = sharded({ a: shard, b: shard, c: other });
    files.set(other, simpleFile({ c: 3, a: 1 }));
    await expect(openFolder(memoryFiles(files))).rejects.toThrow(
      /"a" is in model-00002-of-00002.safetensors, but the index says model-00001/,
    );
  });

  test('a shard that is not there is a failure to read: fetching it helps', async () => {
    const files = sharded({ a: shard, b: shard, c: other });
    files.delete(other);
    await expect(openFolder(memoryFiles(files))).rejects.toThrow(ReadError);
  });
});

describe('a hostile index', () => {
  test.each([
    '../x.safetensors',
    '/etc/passwd',
    'a/../../x',
    'C:\\x',
    'c:x',
    'a\\b',
    'a\0b',
    '',
    '.',
    './a',
    'a//b',
    'a\nb',
    'x'.repeat(2000),
  ])('cannot lead out of the folder by the shard name %j', (name) => {
    expect(() => parseIndex(indexOf({ a: name }), 'index')).toThrow(InvalidCheckpointError);
  });

  test('may name a file in a folder below', () => {
    expect(parseIndex(indexOf({ a: 'part/x.safetensors' }), 'index').shards).toEqual(['part/x.safetensors']);
  });

  test.each([
    ['no weight map', '{}', /no "weight_map"/],
    ['an empty weight map', '{"weight_map":{}}', /empty/],
    ['two weight maps', '{"weight_map":{"a":"b"},"weight_map":{"a":"b"}}', /"weight_map" occurs twice/],
    ['a tensor twice', '{"weight_map":{"a":"b","a":"c"}}', /"a" occurs twice/],
    ['a shard that is a number', '{"weight_map":{"a":1}}', /expected a string/],
    ['a list', '[]', /expected an object/],
    ['text after the end', '{"weight_map":{"a":"b"}} x', /expected the end/],
    ['endless nesting', `{"metadata":${'['.repeat(10_000)}`, /too deep/],
  ])('%s', (_, text, message) => {
    expect(() => parseIndex(textBytes(text), 'index')).toThrow(message);
  });

  test('names of tensors that are properties of every object are names', () => {
    const { tensors } = parseIndex(textBytes('{"weight_map":{"__proto__":"x","constructor":"x"}}'), 'index');
    expect([...tensors]).toEqual([['x', ['__proto__', 'constructor']]]);
  });
});

describe('sources', () => {
  function counted(contents: ReadonlyMap<string, Uint8Array>): { files: CheckpointFiles; sources: CountingSource[] } {
    const sources: CountingSource[] = [];
    const files: CheckpointFiles = {
      ...memoryFiles(contents),
      open: (name) => {
        const bytes = contents.get(name);
        if (bytes === undefined) return Promise.resolve(null);
        const source = countingSource(bytes);
        sources.push(source);
        return Promise.resolve(source);
      },
    };
    return { files, sources };
  }

  test('are read in their headers only', async () => {
    const weights = simpleFile({ a: 1_000_000 });
    const { files, sources } = counted(new Map([['model.safetensors', weights]]));
    await openFolder(files);
    const read = sources.flatMap(({ ranges }) => ranges);
    expect(Math.max(...read.map(([, end]) => end))).toBeLessThan(200);
  });

  test('are closed with the checkpoint', async () => {
    const { files, sources } = counted(sharded({ a: shard, b: shard, c: other }));
    const folder = await openFolder(files);
    await folder.close();
    expect(sources.every((source) => source.closed())).toBe(true);
  });

  test('are closed when a shard is malformed', async () => {
    const contents = sharded({ a: shard, b: shard, c: other });
    contents.set(other, textBytes('not a safetensors file at all'));
    const { files, sources } = counted(contents);
    await expect(openFolder(files)).rejects.toThrow(InvalidCheckpointError);
    expect(sources.every((source) => source.closed())).toBe(true);
  });

  test('of a single file: no config, no side files', async () => {
    const folder = await openFile(countingSource(simpleFile({ a: 1 })), {
      location: '/models/x.safetensors',
      name: 'x.safetensors',
    });
    expect(folder).toMatchObject({ config: null, sideFiles: [], shardLocations: ['/models/x.safetensors'] });
    expect(folder.shards[0]?.name).toBe('x.safetensors');
    await expect(folder.openSideFile('config.json')).rejects.toThrow(ReadError);
  });
});
