import type { JsonObject, JsonValue } from '@fewbit/core';

export interface NamedRecipe {
  readonly name: string;
  /** As `fewbit quantize` takes it; null: the model as it is. */
  readonly recipe: JsonObject | null;
}

const GROUPS = { type: 'PerGroup', group_size: 32 };

/** Embeddings stay as they are. */
export const RECIPES: readonly NamedRecipe[] = [
  { name: 'float', recipe: null },
  { name: 'int8', recipe: linears({ type: 'Int8WeightOnlyConfig' }) },
  { name: 'int8-dynamic', recipe: linears({ type: 'Int8DynamicActivationInt8WeightConfig' }) },
  { name: 'int4', recipe: linears({ type: 'IntxWeightOnlyConfig', weight_dtype: 'int4', granularity: GROUPS }) },
  {
    name: 'int4-dynamic',
    recipe: linears({
      type: 'Int8DynamicActivationIntxWeightConfig',
      weight_dtype: 'int4',
      weight_granularity: GROUPS,
    }),
  },
  { name: 'int4-plain', recipe: linears({ type: 'Int4WeightOnlyConfig', group_size: 32 }) },
  { name: 'int4-plain-head-float', recipe: linears({ type: 'Int4WeightOnlyConfig', group_size: 32 }, null) },
];

/** A config for the linear layers of all blocks, and one for the head. */
function linears(config: JsonObject, head: JsonValue = config): JsonObject {
  return { 're:model\\.layers\\.\\d+\\..*_proj': config, lm_head: head };
}
