import { OutputRefusedError, type Layout, type OutputTensor, type TensorInfo } from '@fewbit/core';
import { describe, expect, test } from 'vitest';
import { safetensorsAdapter } from '@fewbit/adapters-safetensors';

import { headerText, int8, INT8_ATTRIBUTES, plain, placesOf } from './helpers/layout.ts';

const SCALE: TensorInfo = { name: 'scale', dtype: 'F32', shape: [4, 1] };

const layOut = (tensors: readonly OutputTensor[], maxShardBytes = 1e9): Layout =>
  safetensorsAdapter.layout(tensors, { maxShardBytes });
const refusal = (tensors: readonly OutputTensor[]): string => {
  try {
    layOut(tensors);
  } catch (error) {
    expect(error).toBeInstanceOf(OutputRefusedError);
    return error instanceof Error ? error.message : '';
  }
  return 'nothing was refused';
};

describe('one file', () => {
  test('is what the safetensors library writes for a quantized model', () => {
    // Written by safetensors 0.8.0 from torchao 0.18.0's flattened state dict, but for the order of `__metadata__`, which
    // the library leaves to chance, and the format, which transformers adds.
    const expected =
      '{"__metadata__":{"m.w":"{\\"_type\\": \\"Int8Tensor\\", \\"_data\\": {\\"act_quant_kwargs\\": null, \\"reduce_range\\": false, \\"block_size\\": [1, 16], \\"dtype\\": {\\"_type\\": \\"torch.dtype\\", \\"_data\\": \\"float32\\"}}, \\"_tensor_data_names\\": [\\"zero_point\\", \\"qdata\\", \\"scale\\"]}","m.b":"{\\"_type\\": \\"Tensor\\"}","tensor_names":"[\\"m.w\\", \\"m.b\\"]","format":"pt"},' +
      '"m._w_scale":{"dtype":"F32","shape":[4,1],"data_offsets":[0,16]},"m.b":{"dtype":"F32","shape":[3],"data_offsets":[16,28]},"m._w_qdata":{"dtype":"I8","shape":[4,16],"data_offsets":[28,92]},"m._w_zero_point":{"dtype":"I8","shape":[4,1],"data_offsets":[92,96]}}';
    expect(headerText(layOut([int8('m.w'), plain('m.b', 'F32', [3])]))).toBe(expected);
  });

  test('is what the safetensors library writes for a plain model, dotless names included', () => {
    const layout = layOut([plain('b', 'I8', [2]), plain('a', 'F32', [0, 2]), plain('é', 'BF16', [2])]);
    const expected =
      '{"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[0,2],"data_offsets":[0,0]},"é":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]},"b":{"dtype":"I8","shape":[2],"data_offsets":[4,6]}}';
    expect(headerText(layout)).toBe(expected);
    expect(layout.files.map(({ name }) => name)).toEqual(['model.safetensors']);
  });

  test('has a header padded by spaces to a multiple of 8, and its length in front', () => {
    for (const name of ['a', 'aa', 'aaa', 'aaaa', 'aaaaa', 'aaaaaa', 'aaaaaaa', 'aaaaaaaa']) {
      const head = layOut([plain(name)]).files[0]?.head ?? new Uint8Array(0);
      expect(head.byteLength % 8).toBe(0);
      expect(new DataView(head.buffer, head.byteOffset).getBigUint64(0, true)).toBe(BigInt(head.byteLength - 8));
      expect(new TextDecoder().decode(head.subarray(8))).toMatch(/^\{.*\} *$/);
    }
  });

  test('orders by descending alignment as the library does, then by code point', () => {
    const names = ['\u{1F600}.x', '\uE000.x', 'z.x', 'a.x'];
    const tensors = [
      ...names.map((name) => plain(name, 'U8')),
      plain('y.bool', 'BOOL'),
      plain('y.e4m3', 'F8_E4M3'),
      plain('y.f64', 'F64'),
      plain('y.i64', 'I64'),
      plain('y.bf16', 'BF16'),
      plain('y.f16', 'F16'),
    ];
    const places = placesOf(layOut(tensors), tensors.length);
    const order = places.map(([place]) => place).sort((left, right) => (left?.begin ?? 0) - (right?.begin ?? 0));
    expect(order.map((place) => place?.name)).toEqual([
      'y.i64',
      'y.f64',
      'y.bf16',
      'y.f16',
      'y.e4m3',
      'a.x',
      'z.x',
      '\uE000.x',
      '\u{1F600}.x',
      'y.bool',
    ]);
  });

  test('places components in the order in which they were given', () => {
    const layout = layOut([plain('m.b', 'F32', [3]), int8('m.w')]);
    const begin = layout.files[0]?.head.byteLength ?? 0;
    expect(placesOf(layout, 2)).toEqual([
      [{ file: 0, name: 'm.b', dtype: 'F32', shape: [3], begin: begin + 16, byteLength: 12 }],
      [
        { file: 0, name: 'm._w_zero_point', dtype: 'I8', shape: [4, 1], begin: begin + 92, byteLength: 4 },
        { file: 0, name: 'm._w_qdata', dtype: 'I8', shape: [4, 16], begin: begin + 28, byteLength: 64 },
        { file: 0, name: 'm._w_scale', dtype: 'F32', shape: [4, 1], begin, byteLength: 16 },
      ],
    ]);
  });

  test('plans exactly as many bytes for each head as it then writes, whatever the names need', () => {
    const names = ['m.a', 'm."quoted"', 'm.back\\slash', 'm.ü', 'm.\u{1F600}', 'm.\u0001'];
    const layout = safetensorsAdapter.layout(
      names.flatMap((name, at) => [int8(`q${at}.${name}`), plain(name, 'F32', [10 ** at])]),
      { maxShardBytes: 1000 },
    );
    expect(layout.files.length).toBeGreaterThan(3);
    for (const [file, { byteLength, head }] of layout.files.entries()) {
      const placed = placesOf(layout, 2 * names.length)
        .flat()
        .filter((place) => place.file === file);
      const end = Math.max(...placed.map((place) => place.begin + place.byteLength), head.byteLength);
      expect(byteLength).toBe(end);
      if (placed.length > 0) expect(Math.min(...placed.map((place) => place.begin))).toBe(head.byteLength);
    }
  });

  test('escapes metadata as Python does, and numbers too', () => {
    const attributes = {
      text: 'é"\\\n\u007f\u{1F600}',
      list: [1, -2.5, 1e-5, 1e-7, 0.001, 1e16, 1e22, true, null],
      empty: [{}, []],
    };
    const tensor = int8('ü."w', 4, { attributes });
    const metadata = (JSON.parse(headerText(layOut([tensor]))) as { __metadata__: Record<string, string> })
      .__metadata__;
    expect(metadata['ü."w']).toBe(
      '{"_type": "Int8Tensor", "_data": {"text": "\\u00e9\\"\\\\\\n\\u007f\\ud83d\\ude00", "list": [1, -2.5, 1e-05, 1e-07, 0.001, 10000000000000000, 1e+22, true, null], "empty": [{}, []]}, "_tensor_data_names": ["zero_point", "qdata", "scale"]}',
    );
    expect(metadata.tensor_names).toBe('["\\u00fc.\\"w"]');
  });

  test('tensors that differ in one attribute do not share their metadata', () => {
    const other = int8('m.b', 4, {
      tensorClass: 'Int8Tensor',
      attributes: { ...INT8_ATTRIBUTES, block_size: [4, 16] },
    });
    const longer = int8('m.c', 4, { tensorClass: 'Int8Tensor', attributes: { ...INT8_ATTRIBUTES, more: null } });
    const renamed = int8('m.d', 4, { tensorClass: 'Other', attributes: INT8_ATTRIBUTES });
    const { __metadata__: metadata } = JSON.parse(
      headerText(layOut([int8('m.a'), other, longer, renamed, int8('m.e')])),
    ) as { __metadata__: Record<string, string> };
    expect(metadata['m.b']).toContain('[4, 16]');
    expect(metadata['m.c']).toContain('"more": null');
    expect(metadata['m.d']).toContain('"Other"');
    expect(metadata['m.e']).toBe(metadata['m.a']);
  });
});

describe('several files', () => {
  const tensors = [int8('l.0.w'), plain('l.0.b'), int8('l.1.w'), plain('l.1.b'), int8('l.2.w')];

  test('are called as the hub calls them, with an index as transformers writes it', () => {
    const layout = layOut(tensors, 100);
    expect(layout.files.map(({ name }) => name)).toEqual([
      'model-00001-of-00003.safetensors',
      'model-00002-of-00003.safetensors',
      'model-00003-of-00003.safetensors',
      'model.safetensors.index.json',
    ]);
    const index = layout.files[3];
    expect(index?.byteLength).toBe(index?.head.byteLength);
    expect(new TextDecoder().decode(index?.head)).toBe(`{
  "metadata": {
    "total_parameters": 200,
    "total_size": 268
  },
  "weight_map": {
    "l.0._w_qdata": "model-00001-of-00003.safetensors",
    "l.0._w_scale": "model-00001-of-00003.safetensors",
    "l.0._w_zero_point": "model-00001-of-00003.safetensors",
    "l.0.b": "model-00001-of-00003.safetensors",
    "l.1._w_qdata": "model-00002-of-00003.safetensors",
    "l.1._w_scale": "model-00002-of-00003.safetensors",
    "l.1._w_zero_point": "model-00002-of-00003.safetensors",
    "l.1.b": "model-00002-of-00003.safetensors",
    "l.2._w_qdata": "model-00003-of-00003.safetensors",
    "l.2._w_scale": "model-00003-of-00003.safetensors",
    "l.2._w_zero_point": "model-00003-of-00003.safetensors"
  }
}
`);
  });

  test('describe their own tensors, and the last one all: what torchao and transformers both load', () => {
    const layout = layOut(tensors, 100);
    const names = [0, 1, 2].map((file) => {
      const { __metadata__: metadata } = JSON.parse(headerText(layout, file)) as {
        __metadata__: Record<string, string>;
      };
      const listed = JSON.parse(metadata.tensor_names ?? '[]') as string[];
      expect(Object.keys(metadata).sort()).toEqual([...listed, 'format', 'tensor_names'].sort());
      return listed;
    });
    expect(names).toEqual([['l.0.w', 'l.0.b'], ['l.1.w', 'l.1.b'], tensors.map(({ parameter }) => parameter.name)]);
  });

  test('keep a tensor larger than the limit whole, in a file of its own', () => {
    const places = placesOf(layOut([plain('a.a', 'U8', [10]), int8('a.b'), plain('a.c', 'U8', [10])], 30), 3);
    expect(places.map((own) => own.map(({ file }) => file))).toEqual([[1], [0, 0, 0], [1]]);
  });
});

describe('what no loader could read back is refused', () => {
  test('every dotless name, once something is quantized', () => {
    const message = refusal([int8('m.w'), plain('scale'), int8('weight'), plain('other')]);
    for (const name of ['"scale"', '"weight"', '"other"']) expect(message).toContain(`${name} has no dot`);
    expect(message).toContain('Leave these tensors unquantized');
  });

  test('a quantized tensor whose prefix another one’s components share', () => {
    expect(refusal([int8('e.gate_up_proj'), int8('e.gate_up_proj_bias')])).toContain(
      '"e.gate_up_proj" would be lost beside "e.gate_up_proj_bias"',
    );
    expect(refusal([int8('e.w_zero'), int8('e.w')])).toContain('"e.w" would be lost beside "e.w_zero"');
  });

  test('a quantized tensor whose prefix a plain tensor’s name shares', () => {
    expect(refusal([int8('m.w'), plain('m._w_extra')])).toContain('"m.w" would be lost beside "m._w_extra"');
    expect(refusal([int8('m.w'), plain('m._w_qdata')])).toContain('"m.w" would be lost beside "m._w_qdata"');
    expect(refusal([int8('m.w'), plain('m._w_module.weight')])).toContain('"m._w_module.weight"');
  });

  test('a quantized tensor whose prefix the name of another quantized one shares', () => {
    expect(refusal([int8('m.w'), int8('m._w_x')])).toContain('"m.w" would be lost beside "m._w_x"');
  });

  test('all of them, not only the first', () => {
    const message = refusal([0, 1, 2].flatMap((layer) => [int8(`l.${layer}.w`), int8(`l.${layer}.w_b`)]));
    for (const layer of [0, 1, 2]) expect(message).toContain(`"l.${layer}.w" would be lost`);
  });

  test('names side by side that only look alike are written', () => {
    expect(
      refusal([int8('m.w'), int8('m.wb'), plain('m.w_b'), plain('m._wq'), int8('n.w_b'), plain('m.w_qdata')]),
    ).toBe('nothing was refused');
  });

  test('prefixes of plain tensors collide with nothing', () => {
    expect(refusal([plain('e.gate'), plain('e.gate_bias'), plain('e._gate_x')])).toBe('nothing was refused');
  });

  test.each([
    ['two plain tensors of one name', [plain('a.b'), plain('a.b')], 'two tensors are called "a.b"'],
    ['two quantized tensors of one name', [int8('a.b'), int8('a.b')], 'two tensors are called "a.b"'],
    ['a plain and a quantized one of one name', [int8('a.b'), plain('a.b')], 'two tensors are called "a.b"'],
    ['two of one name out of order', [plain('c.d'), plain('a.b'), plain('c.d')], 'two tensors are called "c.d"'],
    ['the name of the metadata', [plain('__metadata__')], 'reserved'],
    ['half of a surrogate pair', [plain('a.\ud800')], 'well-formed'],
    ['half a byte', [plain('a.b', 'F4', [3])], 'whole number of bytes'],
    ['more than 2^53 bytes', [plain('a.b', 'F4', [2 ** 60, 2])], 'whole number of bytes'],
    [
      'components of one name',
      [int8('a.b', 4, { components: [SCALE, { ...SCALE, shape: [1] }] })],
      'two components named "scale"',
    ],
    [
      'a component that is a path',
      [int8('a.b', 4, { components: [{ name: 'q.x', dtype: 'I8', shape: [1] }] })],
      'a component named "q.x"',
    ],
    ['a quantized tensor without components', [int8('a.b', 4, { components: [] })], 'no components'],
  ] satisfies [string, OutputTensor[], string][])('%s', (_, tensors, message) => {
    expect(refusal(tensors)).toContain(message);
  });

  test.each([0, -1, Number.NaN])('a shard size of %d', (maxShardBytes) => {
    expect(() => layOut([], maxShardBytes)).toThrow(OutputRefusedError);
  });
});
