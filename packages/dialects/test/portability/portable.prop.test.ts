import { int8WeightOnly, intxWeightOnly, perGroup } from '@fewbit/configs';
import {
  createRecipe,
  sameConfig,
  sortRecipe,
  type Config,
  type Dialect,
  type DialectModel,
  type Recipe,
} from '@fewbit/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareDialects, createBuiltinDialects, documented, toPortableRecipe } from '../../src/index.ts';
import { FAMILIES, parametersOf } from '../helpers/families.ts';
import { qwen2, qwen3Moe } from '../helpers/small-models.ts';

const DIALECTS = createBuiltinDialects();
const SMALL = ['llama', 'qwen2', 'gpt2', 'mixtral', 'deepseek_v3', 'gemma3', 'gpt_oss', 'whisper', 'granitemoe', 'opt'];
const MODELS: readonly DialectModel[] = [
  qwen2(2),
  qwen3Moe(2),
  ...FAMILIES.filter(({ modelType }) => SMALL.includes(modelType)).map((family) => ({
    parameters: parametersOf(family),
    config: { model_type: family.modelType },
  })),
];

const config = fc.constantFrom(int8WeightOnly(), intxWeightOnly({ granularity: perGroup(32) }), null, null);

/** A model, and keys that have to do with its names: names, their modules, parts of them as patterns, `_default`. */
const models = fc.constantFrom(...MODELS).chain((model) => {
  const names = model.parameters.flatMap(({ name, module }) => [name, module]);
  const pieces = [...new Set(names.flatMap((name) => name.split('.')))].filter((piece) => !/^\d+$/.test(piece));
  const key = fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...names) },
    { weight: 2, arbitrary: fc.constantFrom(...pieces).map((piece) => `re:.*${piece}`) },
    { weight: 2, arbitrary: fc.constantFrom(...pieces).map((piece) => `re:.*\\.${piece}\\..*`) },
    { weight: 1, arbitrary: fc.constantFrom(...pieces).map((piece) => `re:.*${piece}\\.weight`) },
    { weight: 1, arbitrary: fc.constant('_default') },
  );
  const recipe = fc
    .uniqueArray(fc.tuple(key, config), { selector: ([text]) => text, maxLength: 6 })
    .map((entries) => createRecipe(entries));
  const dialects = fc.subarray([...DIALECTS], { minLength: 1 });
  return fc.record({ model: fc.constant(model), recipe, dialects });
});

/** What the documented reading gives each parameter. */
function meaning(recipe: Recipe, model: DialectModel): readonly (Config | null)[] {
  const { verdicts } = documented.read(recipe, model);
  return verdicts.map(({ outcome, entry }) => (outcome === 'config' ? (recipe.entries[entry]?.config ?? null) : null));
}

test('a portable form is read alike by all, means what the recipe meant, and survives sorting; or it is refused with reasons', () => {
  fc.assert(
    fc.property(models, ({ model, recipe, dialects }) => {
      const { recipe: form, refused, failures } = toPortableRecipe(recipe, model, dialects, { reference: documented });
      if (form === null) {
        expect(refused.length + failures.length).toBeGreaterThan(0);
        for (const { why, dialects: names } of refused) {
          expect(why).not.toBe('');
          expect(names.length).toBeGreaterThan(0);
        }
        return;
      }
      expect(compareDialects(form, model, dialects).agree).toBe(true);
      const [before, after] = [meaning(recipe, model), meaning(form, model)];
      before.forEach((wanted, index) => {
        expect(sameConfig(wanted, after[index] ?? null)).toBe(true);
      });
      expect(compareDialects(sortRecipe(form), model, dialects).agree).toBe(true);
      expect(meaning(sortRecipe(form), model).every((got, index) => sameConfig(got, after[index] ?? null))).toBe(true);
    }),
    { numRuns: 200 },
  );
});

test('recipes for linear layers always have a form that documented, torchao and transformers read alike', () => {
  // Guards against refusing everything.
  const model = qwen2(1);
  const plain: DialectModel = {
    ...model,
    parameters: model.parameters.slice(0, -1).filter(({ kind }) => kind === 'linear'),
  };
  const weights = plain.parameters.filter(({ parameter }) => parameter === 'weight').map(({ module }) => module);
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...weights), config, { maxKeys: 5 }), (keys) => {
      const withNorm = {
        ...plain,
        parameters: [...plain.parameters, ...model.parameters.filter(({ name }) => name === 'model.norm.weight')],
      };
      const form = toPortableRecipe(createRecipe(keys), withNorm, DIALECTS.slice(0, 3), { reference: documented });
      expect(form.failures).toEqual([]);
      expect(form.refused).toEqual([]);
      expect(form.recipe).not.toBeNull();
    }),
  );
});

test('where nothing is told of sorting, every dialect reads the sorted recipe as the given one', () => {
  fc.assert(
    fc.property(models, ({ model, recipe, dialects }) => {
      const { dialects: compared } = compareDialects(recipe, model, dialects);
      const sorted = sortRecipe(recipe);
      const fates = (dialect: Dialect, keys: Recipe): readonly (Config | null)[] =>
        dialect
          .read(keys, model)
          .verdicts.map(({ outcome, entry }) => (outcome === 'config' ? (keys.entries[entry]?.config ?? null) : null));
      for (const [place, dialect] of dialects.entries()) {
        if (compared[place]?.sorting !== null) continue;
        const [given, after] = [dialect.read(recipe, model), dialect.read(sorted, model)];
        expect(after.failure === null).toBe(given.failure === null);
        if (given.failure !== null) continue;
        const now = fates(dialect, sorted);
        fates(dialect, recipe).forEach((config, index) => {
          expect(sameConfig(config, now[index] ?? null)).toBe(true);
        });
      }
    }),
    { numRuns: 200 },
  );
});
