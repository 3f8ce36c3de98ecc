import { DTYPE_BITS, FewbitError, InvalidCheckpointError, type Dtype } from '@fewbit/core';
import { describe, expect, test } from 'vitest';
import { memorySource, parseHeader, readHeader, type Header } from '@fewbit/adapters-safetensors';

import { countingSource } from './helpers/counting-source.ts';
import { fileOf } from './helpers/headers.ts';

const where = 'x.safetensors';
const read = (file: Uint8Array): Promise<Header> => readHeader(memorySource(file), { where });
const refused = async (file: Uint8Array): Promise<string> => {
  const error = await read(file).then(
    () => null,
    (caught: unknown) => caught,
  );
  expect(error).toBeInstanceOf(InvalidCheckpointError);
  return error instanceof Error ? error.message : '';
};
const entry = (over: Record<string, unknown> = {}): Record<string, unknown> => ({
  dtype: 'U8',
  shape: [2],
  data_offsets: [0, 2],
  ...over,
});
const header = (members: Record<string, unknown>): string => JSON.stringify(members);

describe('what the reference implementation accepts', () => {
  test('names, dtypes, shapes and positions from the start of the file', async () => {
    const json =
      '{"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]},"b":{"dtype":"BF16","shape":[],"data_offsets":[8,10]}}';
    const { tensors, metadata, byteLength } = await read(fileOf(json, 10));
    expect(byteLength).toBe(8 + json.length);
    expect([...metadata]).toEqual([['format', 'pt']]);
    expect(tensors).toEqual([
      { name: 'a', dtype: 'F32', shape: [1, 2], shard: 0, begin: byteLength, end: byteLength + 8 },
      { name: 'b', dtype: 'BF16', shape: [], shard: 0, begin: byteLength + 8, end: byteLength + 10 },
    ]);
  });

  test.each(Object.entries(DTYPE_BITS))('the dtype %s with its %i bits', async (dtype, bits) => {
    const bytes = bits; // 8 elements
    const { tensors } = await read(fileOf(header({ t: { dtype, shape: [8], data_offsets: [0, bytes] } }), bytes));
    expect(tensors[0]?.dtype).toBe(dtype as Dtype);
  });

  test.each([
    ['no tensors', '{}', 0],
    ['spaces after the JSON', '{}      ', 0],
    [
      'white space of every kind',
      '{ "a" : { "dtype" : "U8" ,\n"shape" : [\t2 ] , "data_offsets" : [ 0\r, 2 ] } } \n\t\r',
      2,
    ],
    ['null metadata', '{"__metadata__":null}', 0],
    ['tensors out of order', header({ b: entry({ data_offsets: [2, 4] }), a: entry() }), 4],
    [
      'empty tensors',
      header({
        a: entry({ shape: [0], data_offsets: [0, 0] }),
        b: entry(),
        c: entry({ shape: [0, 9], data_offsets: [2, 2] }),
      }),
      2,
    ],
    ['unknown members of an entry', header({ a: entry({ extra: { deep: [1, { x: null }] } }) }), 2],
    ['members in another order', '{"a":{"data_offsets":[0,2],"shape":[2],"dtype":"U8"}}', 2],
    ['names with escapes', '{"\\u0061\\n\\"":{"dt\\u0079pe":"\\u00558","shape":[2],"data_offsets":[0,2]}}', 2],
    ['four-bit elements that fill bytes', header({ a: { dtype: 'F4', shape: [2, 3], data_offsets: [0, 3] } }), 3],
    [
      'zero times a huge extent',
      header({ a: entry({ shape: [0, Number.MAX_SAFE_INTEGER], data_offsets: [0, 0] }) }),
      0,
    ],
  ])('%s', async (_, json, dataBytes) => {
    await expect(read(fileOf(json, dataBytes))).resolves.toBeDefined();
  });

  test('tensors come by position, whatever the order of the header', async () => {
    const { tensors } = await read(
      fileOf(
        header({ c: entry({ data_offsets: [2, 4] }), b: entry({ shape: [0], data_offsets: [2, 2] }), a: entry() }),
        4,
      ),
    );
    expect(tensors.map(({ name }) => name)).toEqual(['a', 'b', 'c']);
  });
});

describe('what a malformed or hostile file cannot do', () => {
  test.each([
    ['an empty file', new Uint8Array(0), /0 bytes, too few/],
    ['a file of nine bytes', new Uint8Array(9), /9 bytes, too few/],
    ['a header longer than the file', fileOf('{}', 0, 3n), /claims 3 bytes in a file of 10/],
    ['a header of one byte', fileOf('{}', 0, 1n), /claims 1 bytes/],
    ['a header above the limit', fileOf('{}', 0, 100_000_001n), /at most 100000000/],
    ['a header length of 2^64 - 1', fileOf('{}', 0, 0xffff_ffff_ffff_ffffn), /18446744073709551615/],
    ['text that does not begin with a brace', fileOf(' {}'), /does not begin with "\{"/],
    ['a byte order mark', fileOf('\ufeff{}'), /does not begin/],
    ['bytes that are no UTF-8', fileOf(Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x7d)), /not valid UTF-8/],
    ['a list', fileOf('[]'), /does not begin/],
    ['JSON that ends early', fileOf('{"a":{"dtype":"U8"'), /ends at character/],
    ['a zero byte as padding', fileOf('{}\0'), /expected the end/],
    [
      'a comma before the end',
      fileOf('{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2],}}', 2),
      /expected a string/,
    ],
    ['a control character in a name', fileOf('{"a\n":{}}'), /rest of a string/],
    ['half of a surrogate pair', fileOf('{"\\ud800":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}', 2), /surrogate/],
    [
      'deep nesting',
      fileOf(`{"a":{"x":${'['.repeat(1000)}${']'.repeat(1000)},"dtype":"U8","shape":[2],"data_offsets":[0,2]}}`, 2),
      /too deep/,
    ],
    ['an unknown dtype', fileOf(header({ a: entry({ dtype: 'F128' }) }), 2), /dtype "F128".*expected one of BOOL/],
    [
      'a dtype that is a property of every object',
      fileOf(header({ a: entry({ dtype: 'constructor' }) }), 2),
      /dtype "constructor"/,
    ],
    ['no shape', fileOf('{"a":{"dtype":"U8","data_offsets":[0,2]}}', 2), /lacks a member/],
    ['an entry that is null', fileOf('{"a":null}'), /expected an object/],
    ['a fraction in a shape', fileOf('{"a":{"dtype":"U8","shape":[2.0],"data_offsets":[0,2]}}', 2), /whole number/],
    ['an exponent in a shape', fileOf('{"a":{"dtype":"U8","shape":[2e0],"data_offsets":[0,2]}}', 2), /whole number/],
    ['a negative extent', fileOf(header({ a: entry({ shape: [-2] }) }), 2), /whole number/],
    ['minus zero', fileOf('{"a":{"dtype":"U8","shape":[-0],"data_offsets":[0,0]}}'), /whole number/],
    ['a leading zero', fileOf('{"a":{"dtype":"U8","shape":[02],"data_offsets":[0,2]}}', 2), /whole number/],
    ['an extent as a string', fileOf(header({ a: entry({ shape: ['2'] }) }), 2), /whole number/],
    [
      'an extent beyond 2^53',
      fileOf('{"a":{"dtype":"U8","shape":[9007199254740993],"data_offsets":[0,2]}}', 2),
      /too large/,
    ],
    ['a size that overflows', fileOf(header({ a: entry({ shape: [2 ** 30, 2 ** 30] }) }), 2), /overflows/],
    [
      'a size that overflows before it is zero',
      fileOf(header({ a: entry({ shape: [2 ** 50, 2 ** 50, 0], data_offsets: [0, 0] }) })),
      /overflows/,
    ],
    ['one data offset', fileOf(header({ a: entry({ data_offsets: [0] }) }), 2), /one data offset/],
    ['three data offsets', fileOf(header({ a: entry({ data_offsets: [0, 2, 4] }) }), 2), /more than two/],
    ['offsets that run backwards', fileOf(header({ a: entry({ data_offsets: [2, 0] }) }), 2), /takes -2 bytes/],
    [
      'a size other than shape and dtype say',
      fileOf(header({ a: entry({ data_offsets: [0, 3] }) }), 3),
      /takes 3 bytes, but U8 \[2\] needs 2/,
    ],
    [
      'four-bit elements that end inside a byte',
      fileOf(header({ a: { dtype: 'F4', shape: [3], data_offsets: [0, 2] } }), 2),
      /whole bytes/,
    ],
    [
      'six-bit elements that end inside a byte',
      fileOf(header({ a: { dtype: 'F6_E2M3', shape: [2], data_offsets: [0, 1] } }), 1),
      /whole bytes/,
    ],
    ['a hole before the first tensor', fileOf(header({ a: entry({ data_offsets: [1, 3] }) }), 3), /leave a hole/],
    [
      'a hole between tensors',
      fileOf(header({ a: entry(), b: entry({ data_offsets: [3, 5] }) }), 5),
      /"b" leave a hole/,
    ],
    ['an overlap', fileOf(header({ a: entry(), b: entry({ data_offsets: [1, 3] }) }), 3), /"b" overlap/],
    ['two tensors in one place', fileOf(header({ a: entry(), b: entry() }), 2), /overlap/],
    ['bytes after the last tensor', fileOf(header({ a: entry() }), 3), /Something was appended/],
    ['a file that was cut off', fileOf(header({ a: entry() }), 1), /cut off/],
    [
      'a name twice',
      fileOf(
        '{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}',
        2,
      ),
      /"a" occurs twice/,
    ],
    [
      'a name twice, once with an escape, out of order',
      fileOf(
        '{"b":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[0],"data_offsets":[1,1]},"\\u0062":{"dtype":"U8","shape":[0],"data_offsets":[1,1]}}',
        1,
      ),
      /"b" occurs twice/,
    ],
    [
      'a member twice',
      fileOf('{"a":{"dtype":"U8","dtype":"U8","shape":[2],"data_offsets":[0,2]}}', 2),
      /"dtype" twice/,
    ],
    [
      'offsets twice',
      fileOf('{"a":{"data_offsets":[0,2],"dtype":"U8","shape":[2],"data_offsets":[0,2]}}', 2),
      /"data_offsets" twice/,
    ],
    [
      'an unknown member twice',
      fileOf('{"a":{"x":1,"x":1,"dtype":"U8","shape":[2],"data_offsets":[0,2]}}', 2),
      /member twice/,
    ],
    [
      'a broken escape in a name beside one that begins alike',
      fileOf('{"a\\n":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"a\\x":{}}', 2),
      /well-formed string/,
    ],
    ['metadata twice', fileOf('{"__metadata__":{},"__metadata__":{}}'), /"__metadata__" occurs twice/],
    ['a metadata name twice', fileOf('{"__metadata__":{"a":"1","a":"2"}}'), /"a" occurs twice in __metadata__/],
    ['metadata that is a number', fileOf('{"__metadata__":{"a":1}}'), /expected a string/],
    ['metadata that is a list', fileOf('{"__metadata__":[]}'), /expected an object/],
  ])('%s', async (_, file, message) => {
    expect(await refused(file)).toMatch(message);
  });

  test('names that are properties of every object are names', async () => {
    const json =
      '{"__proto__":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"constructor":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}';
    const { tensors } = await read(fileOf(json, 2));
    expect(tensors.map(({ name }) => name)).toEqual(['__proto__', 'constructor']);
    const { metadata } = await read(fileOf('{"__metadata__":{"__proto__":"x"}}'));
    expect(metadata.get('__proto__')).toBe('x');
    expect(({} as Record<string, unknown>).x).toBeUndefined();
  });

  test('a header that claims terabytes is refused without reading or allocating them', async () => {
    const source = countingSource(fileOf('{}', 0, 99_999_999n));
    await expect(readHeader(source, { where })).rejects.toThrow(InvalidCheckpointError);
    expect(source.ranges).toEqual([[0, 8]]);
  });

  test('an error names the file and where in it', async () => {
    const message = await refused(fileOf('{"a":{"dtype":"U8","shape":[x]'));
    expect(message).toContain('x.safetensors, header: ');
    expect(message).toContain('at character 28');
  });

  test('an error does not carry a megabyte of name', async () => {
    const message = await refused(fileOf(header({ ['n'.repeat(1_000_000)]: entry({ dtype: 'X' }) }), 2));
    expect(message.length).toBeLessThan(500);
  });

  test('errors are FewbitErrors with a stable code', async () => {
    await expect(read(fileOf('{'))).rejects.toSatisfy(
      (error: unknown) => FewbitError.isInstance(error) && error.code === 'FEWBIT_CHECKPOINT_INVALID',
    );
  });
});

test('reading a header reads its bytes and no weights', async () => {
  const json = header({ a: entry({ shape: [100_000], data_offsets: [0, 100_000] }) });
  const source = countingSource(fileOf(json, 100_000));
  await readHeader(source, { where });
  expect(source.ranges).toEqual([
    [0, 8],
    [8, 8 + json.length],
  ]);
});

test('tensors get the shard that they were read for', () => {
  const json = new TextEncoder().encode(header({ a: entry() }));
  expect(parseHeader(json, { where, fileByteLength: 8 + json.byteLength + 2, shard: 7 }).tensors[0]?.shard).toBe(7);
});
