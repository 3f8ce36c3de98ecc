import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { convertRecipe, foreignFormats, type ForeignFormat } from '../../src/foreign/index.ts';
import { modules, parametersOf } from './arbitraries.ts';
import { registry } from './laws.ts';
import { fqnRecipes, usable } from './recipes.ts';

const others = foreignFormats.filter(({ name }) => name !== 'fqn' && name !== 'llama.cpp');

function format(name: string): ForeignFormat {
  const found = foreignFormats.find((each) => each.name === name);
  if (found === undefined) throw new Error(name);
  return found;
}

describe('from one tool to another', () => {
  it('with a checkpoint, what differs in the end is counted and reported, and nothing else differs', () => {
    const pair = fc.tuple(fc.constantFrom(...others), fc.constantFrom(...others));
    let quantized = 0;
    fc.assert(
      fc.property(pair, fqnRecipes, modules, ([from, to], recipe, names) => {
        const parameters = parametersOf(names);
        const { text } = convertRecipe({ text: recipe, from: format('fqn'), to: from, registry, parameters });
        const { checked, findings } = convertRecipe({ text, from, to, registry, parameters });
        quantized += checked?.quantized ?? 0;
        expect(findings.some(({ id }) => id === 'tensors-differ')).toBe((checked?.differing ?? 0) > 0);
        // Outside the blocks, of embeddings, and with other schemes than one, some tools have no say.
        const { select } = from.read(text, { registry, parameters });
        const inScope =
          names.every((name) => /\.\d+\./.test(name)) &&
          parameters.every((parameter) => parameter.kind === 'linear' || select(parameter) === null);
        if (inScope && to.name !== 'transformers')
          expect(checked?.differing, `${from.name} to ${to.name}: ${text}`).toBe(0);
      }),
      { numRuns: 100 },
    );
    expect(quantized).toBeGreaterThan(50);
  });

  it('a lossless recipe comes back as it was: the same selection, with nothing lost on the way', () => {
    fc.assert(
      fc.property(fc.array(usable, { maxLength: 3 }), modules, (patterns, names) => {
        const dynamic = Object.fromEntries(
          patterns.map((pattern, at) => [`${at % 2 === 0 ? '-' : '+'}:${pattern}`, { bits: 8 }]),
        );
        const source = JSON.stringify({ bits: 4, group_size: 32, dynamic });
        const parameters = parametersOf(names);
        const [gptq, fqn] = [format('gptqmodel'), format('fqn')];
        const there = convertRecipe({ text: source, from: gptq, to: fqn, registry, parameters });
        const back = convertRecipe({ text: there.text, from: fqn, to: gptq, registry, parameters });
        expect(back.checked?.differing).toBe(0);
        const [before, after] = [gptq.read(source), gptq.read(back.text)];
        expect(parameters.map(after.select)).toEqual(parameters.map(before.select));
      }),
      { numRuns: 60 },
    );
  });
});
