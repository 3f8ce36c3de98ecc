import { decide, type DialectReading, type DialectModel, type JsonObject, type Recipe } from '@fewbit/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createTransformersDialect, documented, torchao } from '../src/index.ts';
import { INT4, INT8, INT8_TENSOR, INTX, modelOf, parameter, recipeOf } from './helpers/models.ts';

const transformers = createTransformersDialect({ modulesToNotConvert: [] });
const DIALECTS = [documented, torchao, transformers];

const NOT_TIED: JsonObject = { tie_word_embeddings: false };

const MODEL = modelOf([
  parameter('model.embed_tokens.weight', [40, 64], 'embedding'),
  ...[0, 1].flatMap((layer) => [
    parameter(`model.layers.${layer}.attn.q_proj.weight`, [64, 64]),
    parameter(`model.layers.${layer}.attn.q_proj.bias`, [64]),
    parameter(`model.layers.${layer}.mlp.up_proj.weight`, [64, 48]),
    parameter(`model.layers.${layer}.mlp.experts.gate_up_proj`, [2, 64, 64], 'experts'),
    parameter(`model.layers.${layer}.norm.weight`, [64], 'norm'),
  ]),
  parameter('lm_head.weight', [40, 64]),
]);

const config = fc.constantFrom<JsonObject | null>(INT8, INT8_TENSOR, INTX, INT4, null);
const key = fc.oneof(
  fc.constantFrom(...MODEL.parameters.map(({ name }) => name)),
  fc.constantFrom(...MODEL.parameters.map(({ module }) => module)),
  fc.constantFrom(
    're:.*',
    're:.*weight',
    're:.*_proj',
    're:.*\\.0\\..*',
    're:.*bias',
    're:.*mlp.*',
    '_default',
    're:',
    '',
  ),
);
const recipes = fc
  .uniqueArray(fc.tuple(key, config), { selector: ([name]) => name, maxLength: 8 })
  .map((entries) => recipeOf(entries));

/** Without the places of entries: those change with the order of the keys. */
function outcomes(reading: DialectReading, recipe: Recipe): unknown {
  return [reading.verdicts.map(({ outcome, entry }) => [outcome, recipe.entries[entry]?.key]), reading.failure?.error];
}

test('documented is the matcher and accept', () => {
  fc.assert(
    fc.property(recipes, (recipe) => {
      const { verdicts, failure } = documented.read(recipe, MODEL);
      const { list } = decide(MODEL.parameters, recipe);
      expect(verdicts.map(({ outcome }) => outcome)).toEqual(
        list.map(({ quantizer }) => (quantizer === null ? 'plain' : 'config')),
      );
      expect(failure?.at).toBe(list.find(({ refusal }) => refusal?.verdict === 'error')?.parameter.name);
    }),
  );
});

test('all dialects read exact keys of weights alike', () => {
  const weights = MODEL.parameters.filter(({ parameter: own, shape }) => own === 'weight' && shape.length === 2);
  const entries = fc.uniqueArray(
    fc.tuple(
      fc.constantFrom(...weights.map(({ name }) => name)),
      fc.constantFrom<JsonObject | null>(INT8, INT8_TENSOR, INT4, null),
    ),
    { selector: ([name]) => name },
  );
  fc.assert(
    fc.property(entries, (some) => {
      const recipe = recipeOf(some);
      const [first, ...others] = DIALECTS.map((dialect) => {
        const { verdicts, failure } = dialect.read(recipe, MODEL);
        return [verdicts.map(({ outcome, entry }) => (outcome === 'config' ? entry : -1)), failure];
      });
      for (const other of others) expect(other).toEqual(first);
    }),
  );
});

test('the order of exact keys means nothing to any dialect', () => {
  const entries = fc.uniqueArray(
    fc.tuple(
      fc.constantFrom('_default', ...MODEL.parameters.flatMap(({ name, module }) => [name, module])),
      fc.constantFrom<JsonObject | null>(INT8, INT4, null),
    ),
    { selector: ([name]) => name },
  );
  fc.assert(
    fc.property(entries, fc.infiniteStream(fc.nat()), (some, numbers) => {
      const shuffled = some
        .map((entry) => [numbers.next().value ?? 0, entry] as const)
        .toSorted(([left], [right]) => left - right)
        .map(([, entry]) => entry);
      for (const dialect of DIALECTS) {
        const [one, other] = [recipeOf(some), recipeOf(shuffled)];
        expect(outcomes(dialect.read(one, MODEL), one)).toEqual(outcomes(dialect.read(other, MODEL), other));
      }
    }),
  );
});

test('a verdict stands for every parameter, and quantized ones have an entry with a config', () => {
  const models = fc
    .subarray([...MODEL.parameters])
    .map((parameters): DialectModel => ({ parameters, config: NOT_TIED }));
  fc.assert(
    fc.property(recipes, models, (recipe, model) => {
      for (const dialect of DIALECTS) {
        const { verdicts, hazards } = dialect.read(recipe, model);
        expect(verdicts).toHaveLength(model.parameters.length);
        for (const { outcome, entry, because } of verdicts) {
          expect(because).not.toBe('');
          if (outcome === 'config') expect(recipe.entries[entry]?.config).toBeTruthy();
        }
        for (const { at } of hazards) expect(model.parameters.some(({ name }) => name === at)).toBe(true);
      }
    }),
  );
});
