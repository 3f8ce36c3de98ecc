import { compile } from '@fewbit/python-re';
import {
  perGroup,
  intxWeightOnly,
  int8DynamicActivationInt8Weight,
  int8DynamicActivationIntxWeight,
  int8WeightOnly,
  int4WeightOnly,
  perTensor,
} from '@fewbit/configs';
import { createRecipe, formatRecipe } from '@fewbit/core';
import fc from 'fast-check';
import { anyModule, pattern } from './arbitraries.ts';

/** Patterns that Python takes. */
export const usable: fc.Arbitrary<string> = pattern.filter((source) => {
  try {
    compile(source);
    return true;
  } catch {
    return false;
  }
});

const config = fc.constantFrom(
  null,
  null,
  null,
  intxWeightOnly({ weightDtype: 'int4', granularity: perGroup(32) }),
  intxWeightOnly({ weightDtype: 'int3', granularity: perGroup(128), mapping: 'ASYMMETRIC' }),
  int8WeightOnly(),
  int8WeightOnly({ granularity: perTensor() }),
  int4WeightOnly({ groupSize: 64 }),
  int8DynamicActivationInt8Weight(),
  int8DynamicActivationIntxWeight({ weightDtype: 'int4' }),
);

// Of two that match, the order decides; by their text these come in another one.
const overlapping = fc.constantFrom(
  're:model.*proj',
  're:.*self_attn.*',
  're:.*q_proj',
  're:.*(?:q|k)_proj',
  're:.*mlp.*',
  're:.*gate.*',
  're:.*\\.[0-6]\\..*',
  're:(?:model|h|layers).*',
  're:[^q]*',
);

const key = fc.oneof(
  { weight: 4, arbitrary: overlapping },
  { weight: 3, arbitrary: usable.map((source) => `re:${source}`) },
  anyModule,
  anyModule.map((module) => `${module}.weight`),
  anyModule.map((module) => `${module}.bias`),
  fc.constant('_default'),
);

/** torchao's recipes, with keys of every tier. */
export const fqnRecipes: fc.Arbitrary<string> = fc
  .uniqueArray(fc.tuple(key, config), { maxLength: 7, selector: ([name]) => name })
  .map((entries) => formatRecipe(createRecipe(entries)));
