import { torchNameOf } from '../authoring/torch-dtype.ts';
import { isFloatDtype, type Dtype } from '../dtype.ts';
import type { JsonObject } from '../json.ts';
import { formatRecipe } from '../recipe/format.ts';
import type { Recipe } from '../recipe/recipe.ts';

export interface QuantizedConfigOptions {
  /** Null where nothing is quantized: transformers refuses a `quantization_config` of a checkpoint that is plain. */
  readonly recipe: Recipe | null;
  /** What to write as `dtype` where the input's config has none: loaders would otherwise guess from a scale. */
  readonly weightDtype: Dtype | null;
  /** What `tie_word_embeddings` must say; null to leave it as it is. */
  readonly tieWordEmbeddings: boolean | null;
}

const RECIPE_PLACE = '@fewbit/recipe';

// The last three are what transformers writes; loading a quantized checkpoint looks at none of them.
const QUANTIZATION_CONFIG: JsonObject = {
  quant_method: 'torchao',
  quant_type: { default: RECIPE_PLACE },
  include_input_output_embeddings: false,
  modules_to_not_convert: null,
  untie_embedding_weights: false,
};

/**
 * The text of a `config.json` that makes transformers and vLLM load the checkpoint as torchao's: the model's own config
 * with a `quantization_config` in which the recipe stands as torchao writes it, under both of its names.
 */
export function formatQuantizedConfig(config: JsonObject, options: QuantizedConfigOptions): string {
  const { recipe, weightDtype } = options;
  const torchName = weightDtype !== null && isFloatDtype(weightDtype) ? torchNameOf(weightDtype) : undefined;
  const hasDtype = Object.hasOwn(config, 'dtype') || Object.hasOwn(config, 'torch_dtype');
  const whole: JsonObject = {
    ...Object.fromEntries(Object.entries(config).filter(([name]) => name !== 'quantization_config')),
    ...(hasDtype || torchName === undefined ? {} : { dtype: torchName }),
    ...(options.tieWordEmbeddings === null ? {} : { tie_word_embeddings: options.tieWordEmbeddings }),
    ...(recipe === null ? {} : { quantization_config: QUANTIZATION_CONFIG }),
  };
  const text = `${JSON.stringify(whole, null, 2)}\n`;
  if (recipe === null) return text;
  // The recipe goes in as text: an object would put keys such as "0" in another place.
  const recipeText = formatRecipe(recipe).trimEnd().replaceAll('\n', '\n      ');
  // The last one: the model's own config comes before, and may say anything.
  const place = JSON.stringify(RECIPE_PLACE);
  const at = text.lastIndexOf(place);
  return text.slice(0, at) + recipeText + text.slice(at + place.length);
}
