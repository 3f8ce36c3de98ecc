import { InvalidCheckpointError, type Checkpoint } from '@fewbit/core';
import { describe, expect, test } from 'vitest';
import { isTorchaoMetadata, listLogicalTensors, openFolder } from '@fewbit/adapters-safetensors';

import { simpleFile } from './helpers/headers.ts';
import { memoryFiles, textBytes } from './helpers/memory-files.ts';

const INT8 = '{"_type": "Int8Tensor", "_data": {"block_size": [1, 4]}, "_tensor_data_names": ["qdata", "scale"]}';
const PLAIN = '{"_type": "Tensor"}';

function open(lengths: Record<string, number>, metadata?: Record<string, string>): Promise<Checkpoint> {
  return openFolder(memoryFiles(new Map([['model.safetensors', simpleFile(lengths, metadata)]])));
}

const good = { 'm._w_qdata': 8, 'm._w_scale': 2, 'm.b': 1 };
const goodMetadata = { 'm.w': INT8, 'm.b': PLAIN, tensor_names: '["m.w", "m.b"]', format: 'pt' };

test('quantized tensors are put together, plain ones pass, in the order of tensor_names', async () => {
  const { tensors, leftovers } = listLogicalTensors(await open(good, goodMetadata));
  expect(leftovers).toEqual([]);
  expect(
    tensors.map(({ name, quantized, components }) => ({
      name,
      quantized,
      components: [...components].map(([key, { name: stored }]) => [key, stored]),
    })),
  ).toEqual([
    {
      name: 'm.w',
      quantized: { tensorClass: 'Int8Tensor', attributes: { block_size: [1, 4] } },
      components: [
        ['qdata', 'm._w_qdata'],
        ['scale', 'm._w_scale'],
      ],
    },
    { name: 'm.b', quantized: null, components: [['', 'm.b']] },
  ]);
});

test('without torchao’s metadata every tensor is plain', async () => {
  const checkpoint = await open(good, { format: 'pt' });
  expect(isTorchaoMetadata(checkpoint.metadata)).toBe(false);
  expect(listLogicalTensors(checkpoint).tensors.map(({ name }) => name)).toEqual(Object.keys(good));
});

test('tensors that the metadata does not account for are handed back', async () => {
  const { leftovers } = listLogicalTensors(await open({ ...good, 'n.extra': 1 }, goodMetadata));
  expect(leftovers.map(({ name }) => name)).toEqual(['n.extra']);
});

describe('shards', () => {
  const index = textBytes(
    JSON.stringify({
      weight_map: { 'm._w_qdata': 'a.safetensors', 'm._w_scale': 'b.safetensors', 'm.b': 'b.safetensors' },
    }),
  );
  const openShards = (first: Record<string, string>, second: Record<string, string>): Promise<Checkpoint> =>
    openFolder(
      memoryFiles(
        new Map([
          ['a.safetensors', simpleFile({ 'm._w_qdata': 8 }, first)],
          ['b.safetensors', simpleFile({ 'm._w_scale': 2, 'm.b': 1 }, second)],
          ['model.safetensors.index.json', index],
        ]),
      ),
    );

  test('that all describe everything, a tensor split between them', async () => {
    const { tensors } = listLogicalTensors(await openShards(goodMetadata, goodMetadata));
    expect(tensors.map(({ name, components }) => [name, [...components.values()].map(({ shard }) => shard)])).toEqual([
      ['m.w', [0, 1]],
      ['m.b', [1]],
    ]);
  });

  test('that describe only their own', async () => {
    const { tensors } = listLogicalTensors(
      await openShards({ 'm.w': INT8, tensor_names: '["m.w"]' }, { 'm.b': PLAIN, tensor_names: '["m.b"]' }),
    );
    expect(tensors.map(({ name }) => name).sort()).toEqual(['m.b', 'm.w']);
  });
});

describe('what torchao’s loader would refuse or lose is an error', () => {
  test.each([
    ['a component that is missing', { 'm._w_qdata': 8, 'm.b': 1 }, {}, /"m\.w" lacks "scale"/],
    ['a plain tensor that is missing', { 'm._w_qdata': 8, 'm._w_scale': 2 }, {}, /"m\.b" is described but not stored/],
    ['a stored name that shares the prefix', { ...good, 'm._w_other': 1 }, {}, /"m\._w_other" begins with/],
    ['a metadata name that shares the prefix', good, { 'm._w_other': 'x' }, /"m\._w_other" begins with/],
    [
      'a class that no loader knows',
      good,
      { 'm.w': INT8.replace('Int8Tensor', 'MyTensor') },
      /"MyTensor", a class that no loader knows/,
    ],
    [
      'a class that is a property of every object',
      good,
      { 'm.w': INT8.replace('Int8Tensor', 'constructor') },
      /no loader knows/,
    ],
    [
      'the name that upstream’s documentation gives plain tensors',
      good,
      { 'm.b': '{"_type": "torch.Tensor"}' },
      /"_data"/,
    ],
    ['a name that is listed and not described', good, { tensor_names: '["m.w", "m.b", "m.c"]' }, /lists "m\.c"/],
    ['a list that is none', good, { tensor_names: '{}' }, /list of different names/],
    ['an empty list', good, { tensor_names: '[]' }, /list of different names/],
    ['a list with a name twice', good, { tensor_names: '["m.w", "m.w"]' }, /list of different names/],
    ['a list that is no JSON', good, { tensor_names: '["m.w"' }, /tensor_names/],
    ['a description that is no JSON', good, { 'm.b': 'Tensor' }, /metadata of "m\.b"/],
    ['a description that is a list', good, { 'm.b': '[]' }, /no object/],
    ['a description without a type', good, { 'm.b': '{}' }, /no "_type"/],
    ['a description with a name twice', good, { 'm.b': '{"_type": "Tensor", "_type": "Tensor"}' }, /twice/],
    ['a description nested without end', good, { 'm.b': `{"_type": "Tensor", "x": ${'['.repeat(5000)}` }, /too deep/],
    ['components that are no list', good, { 'm.w': INT8.replace('["qdata", "scale"]', '{}') }, /_tensor_data_names/],
    ['no components', good, { 'm.w': INT8.replace('["qdata", "scale"]', '[]') }, /_tensor_data_names/],
    ['attributes that are no object', good, { 'm.w': INT8.replace('{"block_size": [1, 4]}', '[]') }, /"_data"/],
    ['a quantized tensor without a dot', good, { tensor_names: '["m.w", "m.b", "w"]', w: INT8 }, /"w" has no dot/],
  ])('%s', async (_, lengths, metadata, message) => {
    const checkpoint = await open(lengths, { ...goodMetadata, ...metadata });
    expect(() => listLogicalTensors(checkpoint)).toThrow(InvalidCheckpointError);
    expect(() => listLogicalTensors(checkpoint)).toThrow(message);
  });

  test('a class of one’s own is taken when it is told', async () => {
    const checkpoint = await open(good, { ...goodMetadata, 'm.w': INT8.replace('Int8Tensor', 'MyTensor') });
    expect(listLogicalTensors(checkpoint, { classes: new Set(['MyTensor']) }).tensors[0]?.quantized?.tensorClass).toBe(
      'MyTensor',
    );
  });
});
