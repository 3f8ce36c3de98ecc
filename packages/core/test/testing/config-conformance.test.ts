import { describe, expect, test } from 'vitest';
import {
  InvalidCheckpointError,
  readFields,
  type Config,
  type ConfigType,
  type TensorClass,
  type TensorQuantizer,
} from '../../src/index.ts';
import { configConformance, type ConfigExample } from '../../src/testing/index.ts';

const rowTensor: TensorClass = {
  name: 'RowTensor',
  open: ({ name, components }) => {
    const qdata = components.get('qdata');
    if (qdata === undefined)
      throw new InvalidCheckpointError({ message: 'the component "qdata" is missing', where: name });
    const columns = qdata.shape.at(-1) ?? 1;
    return {
      dtype: 'F32',
      shape: qdata.shape,
      unit: columns,
      reads: (start, end) => [
        { component: 'qdata', begin: start, end },
        { component: 'scale', begin: (start / columns) * 4, end: (end / columns) * 4 },
      ],
      dequantize: async ({ start, end, parts: [codes = new Uint8Array(), scale = new Uint8Array()], backend }) =>
        backend.dequantizeAffine({
          qdata: new Int8Array(codes.buffer, codes.byteOffset, codes.length),
          scale,
          scaleDtype: 'F32',
          zeroPoint: null,
          view: { outer: (end - start) / columns, length: columns, inner: 1 },
          dtype: 'F32',
        }),
    };
  },
};

function rowQuantizer(shape: readonly number[]): TensorQuantizer {
  const columns = shape.at(-1) ?? 1;
  const rows = shape.slice(0, -1).reduce((product, extent) => product * extent, 1);
  return {
    tensorClass: rowTensor.name,
    attributes: {},
    components: [
      { name: 'qdata', dtype: 'I8', shape },
      { name: 'scale', dtype: 'F32', shape: [rows, 1] },
    ],
    unit: columns,
    span: rows * columns,
    quantize: async ({ input, start, end, backend }) => {
      const view = { outer: (end - start) / columns, length: columns, inner: 1 };
      const scheme = {
        qmin: -128,
        qmax: 127,
        mapping: 'SYMMETRIC',
        eps: 2 ** -126,
        scaleDtype: 'F32',
        extremes: null,
      } as const;
      const { qdata, scale } = await backend.quantizeAffine({ input, dtype: 'F32', view, ...scheme });
      return [
        { component: 0, offset: start, bytes: new Uint8Array(qdata.buffer, qdata.byteOffset, qdata.length) },
        { component: 1, offset: (start / columns) * 4, bytes: scale },
      ];
    },
  };
}

function rowConfig(level: number): Config {
  return {
    type: 'RowConfig',
    version: 1,
    summary: 'rows',
    toFields: () => ({ level }),
    accept: ({ dtype, shape }) =>
      dtype === 'F32' && shape.length === 2 ? { verdict: 'quantize' } : { verdict: 'error', reason: 'no F32 matrix' },
    quantizer: ({ shape }) => rowQuantizer(shape),
  };
}

/** A config type with one config, some of it replaced. */
function rowType(change: (config: Config) => Partial<Config> = () => ({}), type: Partial<ConfigType> = {}): ConfigType {
  return {
    type: 'RowConfig',
    versions: [1],
    tensorClasses: [rowTensor],
    parse: (fields, { where }) => {
      const config = rowConfig(readFields(fields, where, ['level']).integer('level', 1, 0, 9));
      return { ...config, ...change(config) };
    },
    ...type,
  };
}

const example: ConfigExample = {
  name: 'rows',
  fields: { level: 3 },
  weights: [{ dtype: 'F32', shape: [5, 6] }],
  tolerance: 0.01,
};

describe('a config type that keeps the contract', () => {
  for (const { name, run } of configConformance(rowType(), [example])) test(name, run);
});

describe('the suite lets a wrong config type pass:', () => {
  const quantizing = (change: (quantizer: TensorQuantizer) => Partial<TensorQuantizer>): ConfigType =>
    rowType((config) => ({
      quantizer: (parameter) => {
        const quantizer = config.quantizer(parameter);
        return { ...quantizer, ...change(quantizer) };
      },
    }));

  const wrong: readonly (readonly [string, ConfigType])[] = [
    ['it forgets a field', rowType(() => ({ toFields: () => ({}) }))],
    ['it takes any field', rowType(undefined, { parse: () => rowConfig(1) })],
    [
      'it throws a TypeError at null',
      rowType(undefined, {
        parse: (fields, context) => {
          if (fields.level === null) throw new TypeError('level is null');
          return rowType().parse(fields, context);
        },
      }),
    ],
    ['it refuses its own example', rowType(() => ({ accept: () => ({ verdict: 'leave', reason: 'no' }) }))],
    [
      'it gives no reason',
      rowType((config) => ({
        accept: (parameter) =>
          parameter.dtype === 'F32' ? config.accept(parameter) : { verdict: 'error', reason: '' },
      })),
    ],
    [
      'it fails on an odd shape',
      rowType((config) => ({
        accept: (parameter) => {
          if (parameter.shape.length === 0) throw new RangeError('rank');
          return config.accept(parameter);
        },
      })),
    ],
    ['its unit does not divide its span', quantizing(({ unit }) => ({ unit: unit - 1 }))],
    [
      'it leaves the scales of a later range out',
      quantizing(({ quantize }) => ({
        quantize: async (request) =>
          (await quantize(request)).filter(({ component }) => component === 0 || request.start === 0),
      })),
    ],
    [
      'it writes something twice',
      quantizing(({ quantize }) => ({
        quantize: async (request) => [...(await quantize(request)), ...(await quantize(request))],
      })),
    ],
    [
      'it writes past the end',
      quantizing(({ quantize }) => ({
        quantize: async (request) => (await quantize(request)).map((write) => ({ ...write, offset: write.offset + 1 })),
      })),
    ],
    [
      'its bytes depend on where a range starts',
      quantizing(({ quantize }) => ({
        quantize: async (request) => {
          const writes = await quantize(request);
          writes[0]?.bytes.set([request.end & 127]);
          return writes;
        },
      })),
    ],
    ['its tensors cannot be read back', rowType(undefined, { tensorClasses: [] })],
    [
      'its tensors come back wrong',
      rowType(undefined, {
        tensorClasses: [
          {
            ...rowTensor,
            open: (stored) => {
              const tensor = rowTensor.open(stored);
              return { ...tensor, dequantize: async (request) => (await tensor.dequantize(request)).reverse() };
            },
          },
        ],
      }),
    ],
  ];
  test.each(wrong)('%s', async (_, configType) => {
    const failed: string[] = [];
    for (const { name, run } of configConformance(configType, [example])) await run().catch(() => failed.push(name));
    expect(failed).not.toEqual([]);
  });
});
