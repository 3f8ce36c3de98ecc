import fc from 'fast-check';
import { describe, it, expect } from 'vitest';
import { createModuleTable, defaultModuleTable, deriveParameters, DTYPE_BITS, type Dtype } from '../../src/index.ts';

const component = fc.constantFrom(
  ...['weight', 'bias', 'embed_tokens', 'c_proj', 'experts', 'gate', 'mlp', 'gate_up_proj', 'inv_freq', 'out_proj'],
  ...['in_proj_weight', '0', '17', '', '*', '__proto__', 'constructor', 'hasOwnProperty', '\u0000', 'ß', '\ud800'],
);
const tensor = fc.record({
  name: fc.oneof(
    fc.array(component, { maxLength: 6 }).map((parts) => parts.join('.')),
    fc.string({ maxLength: 20 }),
  ),
  dtype: fc.constantFrom(...(Object.keys(DTYPE_BITS) as Dtype[])),
  shape: fc.array(fc.constantFrom(0, 1, 2, 3, 64, 2 ** 40), { maxLength: 5 }),
});
const tensors = fc.array(tensor, { maxLength: 30 });
const modelType = fc.constantFrom(null, 'gpt2', 'llama4', 'phimoe', '__proto__', 'toString', '');

const KINDS = ['linear', 'embedding', 'conv1d', 'conv', 'norm', 'experts', 'buffer', 'other'];

describe('deriveParameters', () => {
  it('gives every tensor one kind, in the order of the checkpoint, whatever its name', () => {
    fc.assert(
      fc.property(tensors, modelType, (all, type) => {
        const parameters = deriveParameters(all, { modelType: type });
        expect(parameters.map(({ name, dtype, shape }) => ({ name, dtype, shape }))).toEqual(all);
        for (const { name, module, parameter, kind } of parameters) {
          expect(KINDS).toContain(kind);
          expect(name.includes('.') ? `${module}.${parameter}` : parameter).toBe(name);
        }
      }),
      { seed: 20, numRuns: 300 },
    );
  });

  it('does not depend on the order of the tensors, so that sharding a checkpoint changes nothing', () => {
    fc.assert(
      fc.property(fc.uniqueArray(tensor, { selector: ({ name }) => name, maxLength: 30 }), modelType, (all, type) => {
        const forwards = deriveParameters(all, { modelType: type });
        const backwards = deriveParameters(all.toReversed(), { modelType: type });
        expect(backwards.toReversed()).toEqual(forwards);
      }),
      { seed: 21, numRuns: 300 },
    );
  });

  it('calls linear only what has two dimensions, unless it is its bias', () => {
    fc.assert(
      fc.property(tensors, modelType, (all, type) => {
        for (const { kind, parameter, shape } of deriveParameters(all, { modelType: type })) {
          if (kind === 'linear' && parameter === 'weight') expect(shape).toHaveLength(2);
          if (kind === 'linear') expect(['weight', 'bias']).toContain(parameter);
        }
      }),
      { seed: 22, numRuns: 300 },
    );
  });

  it('changes nothing but the modules that an extension of the table names', () => {
    const table = createModuleTable({ modules: { other: ['mine.c_proj'] } }, defaultModuleTable);
    fc.assert(
      fc.property(tensors, modelType, (all, type) => {
        const before = deriveParameters(all, { modelType: type });
        deriveParameters(all, { modelType: type, table }).forEach((after, index) => {
          if (!/(?:^|\.)mine\.c_proj$/u.test(after.module)) expect(after).toEqual(before[index]);
        });
        const named = deriveParameters([{ name: 'a.mine.c_proj.weight', dtype: 'F32', shape: [2, 2] }, ...all], {
          table,
        });
        expect(named[0]?.kind).toBe('other');
      }),
      { seed: 23, numRuns: 200 },
    );
  });
});
