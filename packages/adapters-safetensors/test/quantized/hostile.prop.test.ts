import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { builtinFormats, describeCheckpoint, openFolder, type QuantizedFormat } from '@fewbit/adapters-safetensors';

import { described, type Tensors } from '../helpers/described.ts';
import { memoryFiles } from '../helpers/memory-files.ts';
import { simpleFile } from '../helpers/headers.ts';

// Last parts that some format looks for, in any mix.
const LEAVES = [
  'weight', 'qweight', 'qzeros', 'scales', 'g_idx', 'B', 's', 'SCB', 'absmax', 'quant_map', 'bitsandbytes__nf4',
  'weight_packed', 'weight_scale', 'weight_shape', 'weight_zero_point', 'weight_scale_inv', 'weight_scale_2',
  'gate_up_proj_blocks', 'gate_up_proj_scales', 'scaled_zeros', 'input_scale', '__proto__', 'constructor',
]; // prettier-ignore
const DTYPES = ['F8_E4M3', 'U8', 'I8', 'BF16', 'F16', 'I16', 'F32', 'I32', 'I64'];
const MODULES = ['', 'm', 'm.weight', 'm.weight.quant_state', 'model.layers.0.mlp', '__proto__'];

const tensors: fc.Arbitrary<Tensors> = fc
  .array(
    fc.tuple(
      fc.constantFrom(...MODULES),
      fc.constantFrom(...LEAVES),
      fc.constantFrom(...DTYPES),
      fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 4 }),
    ),
    { minLength: 1, maxLength: 12 },
  )
  .map((list) =>
    Object.fromEntries(
      list.map(([module, leaf, dtype, shape]) => [module === '' ? leaf : `${module}.${leaf}`, [dtype, shape]]),
    ),
  );

const METHODS = [
  'gptq',
  'awq',
  'bitsandbytes',
  'compressed-tensors',
  'fp8',
  'mxfp4',
  'torchao',
  'modelopt',
  '__proto__',
];
const FIELDS = [
  'bits', 'group_size', 'dynamic', 'modules_to_not_convert', 'llm_int8_skip_modules', 'config_groups', 'ignore',
  'weight_block_size', 'quant_type', 'version', 'lm_head', 'quant_method',
]; // prettier-ignore
const fields = fc.dictionary(
  fc.constantFrom(...FIELDS),
  fc.oneof(fc.jsonValue(), fc.constantFrom('re:(', '(?:a*)*b', 0, -1)),
);
const config = fc.tuple(fc.constantFrom(...METHODS), fields, fc.jsonValue()).map(([quant_method, own, group]) => ({
  quantization_config: { quant_method, config_groups: { group_0: group }, ...own },
}));

describe('no header and no config makes it throw', () => {
  test('any tensors under any config are described', async () => {
    await fc.assert(
      fc.asyncProperty(tensors, config, async (stored, own) => {
        const { totals, tensors: found } = await described(stored, own);
        const bytes = found.reduce((sum, tensor) => sum + tensor.bytes, 0);
        expect(totals.bytes).toBe(bytes);
        expect(found.every(({ bitsPerWeight }) => bitsPerWeight === null || Number.isFinite(bitsPerWeight))).toBe(true);
        expect(Number.isSafeInteger(totals.parameters)).toBe(true);
      }),
      { numRuns: 400 },
    );
  });

  test('each stored tensor is a component of exactly one described tensor', async () => {
    await fc.assert(
      fc.asyncProperty(tensors, config, async (stored, own) => {
        const { tensors: found } = await described(stored, own);
        const names = found.flatMap(({ components }) => Array.from(components.values(), ({ name }) => name));
        expect(names.sort()).toEqual(Object.keys(stored).sort());
      }),
      { numRuns: 200 },
    );
  });

  test('any torchao metadata is described', async () => {
    const texts = fc.oneof(
      fc.json(),
      fc.string(),
      fc.constantFrom('{"_type": "Int8Tensor", "_data": {}, "_tensor_data_names": ["qdata"]}'),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(fc.constantFrom('tensor_names', 'm.w', 'm.b', '__proto__'), texts),
        async (metadata) => {
          const files = new Map([['model.safetensors', simpleFile({ 'm._w_qdata': 4, 'm.b': 2 }, metadata)]]);
          const { tensors: found } = await describeCheckpoint(await openFolder(memoryFiles(files)));
          expect(found.length).toBeGreaterThan(0);
        },
      ),
      { numRuns: 200 },
    );
  });
});

test('a format of one’s own comes in through the same door', async () => {
  const own: QuantizedFormat = {
    name: 'halves',
    methods: ['halves'],
    detect: ({ index }) => index.leaves.has('half'),
    describe: ({ index }) => ({
      tensors: Array.from(index.modules).flatMap(([fqn, module]) => {
        const half = module.get('half');
        if (half === undefined) return [];
        return [
          {
            name: `${fqn}.weight`,
            dtype: 'BF16' as const,
            shape: [2, 8],
            elements: 16,
            scheme: null,
            components: new Map([['half', half]]),
          },
        ];
      }),
    }),
  };
  const options = { formats: [own, ...builtinFormats] };
  const { tensors: found, formats } = await described({ 'm.half': ['U8', [8]] }, {}, undefined, options);
  expect(found).toMatchObject([{ name: 'm.weight', elements: 16, bitsPerWeight: 4 }]);
  expect(formats).toEqual(['halves']);
});
