import type { JsonObject, JsonValue } from '@fewbit/core';
import { describe, expect, it } from 'vitest';
import { family, type Family } from './helpers/families.ts';
import { lintText, parametersFor, type Shapes } from './helpers/lint.ts';

/**
 * Recipes of the documentation and the tests of torchao, transformers and vLLM, and one of a public model, written as JSON,
 * with what is really wrong with them. Configs that fewbit lacks are replaced by ones of the same shape: float8 by dynamic
 * int8, Int8DynamicActivationInt4Weight by the Intx config, tile-packed int4 by plain.
 */
interface Documented {
  readonly from: string;
  readonly recipe: JsonValue;
  readonly model: Family;
  readonly consumer?: string;
  /** Rule, severity and key of each finding. */
  readonly expected: readonly (readonly [rule: string, severity: string, key: string, why: string])[];
}

const INT8: JsonObject = { type: 'Int8WeightOnlyConfig' };
const DYNAMIC: JsonObject = { type: 'Int8DynamicActivationInt8WeightConfig' };
const int4 = (group: number): JsonObject => ({ type: 'Int4WeightOnlyConfig', group_size: group });
const LINEAR: JsonObject = {
  type: 'Int8DynamicActivationIntxWeightConfig',
  weight_dtype: 'int4',
  weight_granularity: { type: 'PerGroup', group_size: 32 },
  weight_scale_dtype: 'bfloat16',
};
const EMBEDDING: JsonObject = {
  type: 'IntxWeightOnlyConfig',
  weight_dtype: 'int8',
  granularity: { type: 'PerAxis', axis: 0 },
};

const DEFAULT = ['default-key', 'warning', '_default', 'torchao warns of it when it reads the recipe'] as const;
const llama = family('llama', 32);
const opt = family('opt', 12);

const toy = (bias: boolean, names: readonly string[] = ['linear1', 'linear2']): Family => {
  const tensors: Record<string, readonly number[]> = {};
  for (const name of names) {
    tensors[`${name}.weight`] = [64, 64];
    if (bias) tensors[`${name}.bias`] = [64];
  }
  return model(tensors);
};
const model = (tensors: Shapes): Family => ({ parameters: parametersFor(tensors), config: {} });

const DOCUMENTED: readonly Documented[] = [
  {
    from: 'transformers, docs/quantization/torchao.md, "Skip quantization for certain layers" (Llama 3.1 8B)',
    recipe: { _default: int4(128), 'model.layers.0.self_attn.q_proj': null },
    model: llama,
    expected: [
      DEFAULT,
      ['fused-parts-differ', 'note', 'model.layers.0.self_attn.q_proj', 'vLLM has one weight for q, k and v'],
    ],
  },
  {
    from: 'transformers, the same page, "different quantization configs (no regex)" (opt-125m)',
    recipe: {
      _default: { ...LINEAR, weight_granularity: { type: 'PerGroup', group_size: 128 } },
      'model.decoder.embed_tokens': { ...EMBEDDING, mapping_type: 'ASYMMETRIC' },
      'model.decoder.embed_positions': null,
    },
    model: opt,
    expected: [
      DEFAULT,
      [
        'tied-embeddings',
        'error',
        'model.decoder.embed_tokens',
        'OPT ties it to its head: what is saved does not load',
      ],
    ],
  },
  {
    from: 'transformers, the same page, "different quantization configs (with regex)" (opt-125m)',
    recipe: {
      'model.decoder.layers.3.self_attn.q_proj': int4(128),
      'model.decoder.layers.3.self_attn.k_proj': int4(128),
      'model.decoder.layers.3.self_attn.v_proj': int4(128),
      'model.decoder.layers.3.self_attn.qkv_proj': int4(128),
      're:model\\.decoder\\.layers\\..+\\.self_attn\\.q_proj': DYNAMIC,
      're:model\\.decoder\\.layers\\..+\\.self_attn\\.k_proj': DYNAMIC,
      're:model\\.decoder\\.layers\\..+\\.self_attn\\.v_proj': DYNAMIC,
      're:model\\.decoder\\.layers\\..+\\.self_attn\\.out_pro': DYNAMIC,
      're:model\\.decoder\\.layers\\..+\\.self_attn\\.qkv_proj': DYNAMIC,
      _default: EMBEDDING,
    },
    model: opt,
    expected: [
      ['fused-module-name', 'note', 'model.decoder.layers.3.self_attn.qkv_proj', 'for vLLM, as its comment says'],
      [
        'search-not-fullmatch',
        'error',
        're:model\\.decoder\\.layers\\..+\\.self_attn\\.out_pro',
        'its comment says that it does not take effect: the last letter is missing',
      ],
      ['fused-module-name', 'note', 're:model\\.decoder\\.layers\\..+\\.self_attn\\.qkv_proj', 'for vLLM'],
      DEFAULT,
    ],
  },
  {
    from: 'transformers, tests/quantization/torchao_integration, per-module skip (a Llama)',
    recipe: { _default: INT8, 'model.layers.0.self_attn.q_proj': null },
    model: llama,
    expected: [DEFAULT, ['fused-parts-differ', 'note', 'model.layers.0.self_attn.q_proj', 'as above']],
  },
  {
    from: 'torchao, docs/serving and the model cards of pytorch/Phi-4-mini, after their step that unties',
    recipe: { _default: LINEAR, 'model.embed_tokens': EMBEDDING },
    model: family('phi3', 32, { tie_word_embeddings: false }),
    expected: [DEFAULT],
  },
  {
    from: 'torchao, docs/torchao_hf_integration',
    recipe: { _default: LINEAR, 'model.embed_tokens': EMBEDDING, lm_head: EMBEDDING },
    model: llama,
    expected: [DEFAULT],
  },
  {
    from: 'torchao, docs/torchao_vllm_integration, module-level configuration, for vLLM',
    recipe: {
      'model.layers.0.self_attn.q_proj': int4(64),
      'model.layers.0.self_attn.k_proj': int4(64),
      'model.layers.0.mlp.gate_proj': INT8,
      _default: int4(128),
    },
    model: llama,
    consumer: 'vllm',
    expected: [
      ['fused-parts-differ', 'error', 'model.layers.0.self_attn.q_proj', 'v is in groups of 128, q and k of 64'],
      ['fused-parts-differ', 'error', 'model.layers.0.mlp.gate_proj', 'gate is int8, up is int4'],
      ['consumer-cannot-load', 'error', '_default', 'it reaches lm_head, which vLLM does not read as torchao'],
      DEFAULT,
    ],
  },
  {
    from: 'a manual of vLLM, per-module quantization (Llama 3 8B)',
    recipe: { _default: int4(128), 're:.*layers\\.3[0-1]\\..*': INT8 },
    model: llama,
    expected: [
      DEFAULT,
      ['norm-quantized', 'warning', 're:.*layers\\.3[0-1]\\..*', 'the norms of layers 30 and 31'],
      ['container-matched', 'warning', 're:.*layers\\.3[0-1]\\..*', 'self_attn and mlp'],
    ],
  },
  {
    from: 'a public recipe for Gemma 3 27B, every rule twice for two orders of the names',
    recipe: {
      're:language_model\\.model\\.layers\\..+\\.mlp\\..+_proj': int4(128),
      're:language_model\\.model\\.layers\\..+\\.self_attn\\..+_proj': int4(128),
      're:model\\.language_model\\.layers\\..+\\.mlp\\..+_proj': int4(128),
      're:model\\.language_model\\.layers\\..+\\.self_attn\\..+_proj': int4(128),
    },
    model: family('gemma3', 62),
    expected: [
      ['missing-prefix', 'note', 're:model\\.language_model\\.layers\\..+\\.mlp\\..+_proj', 'the other order'],
      ['missing-prefix', 'note', 're:model\\.language_model\\.layers\\..+\\.self_attn\\..+_proj', 'the other order'],
    ],
  },
  {
    from: 'a repository about routers of experts (OLMoE): the router skipped, the rest by default',
    recipe: { 're:.*\\.mlp\\.gate$': null, _default: INT8 },
    model: family('olmoe', 16),
    expected: [DEFAULT],
  },
  {
    from: 'torchao tests: default',
    recipe: { _default: DYNAMIC, linear2: INT8 },
    model: toy(false),
    expected: [DEFAULT],
  },
  { from: 'torchao tests: names', recipe: { linear1: DYNAMIC, linear2: INT8 }, model: toy(false), expected: [] },
  { from: 'torchao tests: regex', recipe: { 're:linear.': int4(32) }, model: toy(false), expected: [] },
  {
    from: 'torchao tests: regex precedence, either order',
    recipe: { 're:linear.': EMBEDDING, linear1: int4(32) },
    model: toy(false),
    expected: [],
  },
  {
    from: 'torchao tests: regex fullmatch, with biases',
    recipe: { 're:linear.*': DYNAMIC, linear1: int4(32), 'linear3_full_match.bias': null },
    model: toy(true, ['linear1', 'not_full_match_linear2', 'linear3_full_match']),
    expected: [],
  },
  {
    from: 'torchao tests: an embedding and a linear beside a convolution',
    recipe: { emb: { ...EMBEDDING, granularity: { type: 'PerGroup', group_size: 8 } }, linear: EMBEDDING },
    model: model({ 'emb.weight': [10, 16], 'conv.weight': [4, 4, 3, 3], 'linear.weight': [8, 16] }),
    expected: [],
  },
  { from: 'torchao tests: skip', recipe: { _default: DYNAMIC, linear2: null }, model: toy(false), expected: [DEFAULT] },
  {
    from: 'torchao tests: regex skip',
    recipe: { 're:.*time_embed.*': null, _default: DYNAMIC },
    model: toy(false, ['time_embed.0', 'time_embed.1', 'linear1']),
    expected: [DEFAULT],
  },
  {
    from: 'torchao tests: stacked experts',
    recipe: { 're:.*gate_up_proj': DYNAMIC },
    model: model({ 'experts.gate_up_proj': [4, 64, 128], 'experts.down_proj': [4, 64, 64], 'router.weight': [4, 64] }),
    expected: [],
  },
  {
    from: 'torchao tests: parameter over module',
    recipe: { linear1: null, 'linear1.weight': DYNAMIC },
    model: toy(false),
    expected: [['null-overridden', 'warning', 'linear1', 'the test is about just that']],
  },
  {
    from: 'torchao tests: parameter regex over module regex',
    recipe: { 're:linear.*': null, 're:linear.*.weight': DYNAMIC },
    model: toy(false),
    expected: [
      [
        'key-shadowed',
        'warning',
        're:linear.*.weight',
        'by the documentation the null, which matches the parameters too, comes first; the test passes by a bug',
      ],
    ],
  },
  {
    from: 'torchao tests: module over parameter regex',
    recipe: { 're:linear.*.weight': null, linear1: DYNAMIC },
    model: toy(false),
    expected: [],
  },
  {
    from: 'torchao tests: parameter over default',
    recipe: { 'linear2.weight': null, _default: DYNAMIC },
    model: toy(false),
    expected: [DEFAULT],
  },
  {
    from: 'torchao tests: several parameters of a module',
    recipe: { 're:.*weight': DYNAMIC, 're:.*bias': null },
    model: toy(true),
    expected: [],
  },
  {
    from: "torchao's docstring: names and patterns of all four tiers",
    recipe: {
      'language.layers.0.q_proj.weight': int4(32),
      'language.layers.1.q_proj': INT8,
      're:language\\.layers\\..+\\.q_proj.weight': DYNAMIC,
      're:language\\.layers\\..+\\.k_proj': INT8,
    },
    model: toy(
      false,
      [0, 1, 2].flatMap((layer) => ['q_proj', 'k_proj'].map((name) => `language.layers.${layer}.${name}`)),
    ),
    expected: [
      ['fused-parts-differ', 'note', 'language.layers.0.q_proj.weight', 'q is int4, k int8'],
      ['fused-parts-differ', 'note', 're:language\\.layers\\..+\\.q_proj.weight', 'q is dynamic, k int8'],
    ],
  },
];

describe('recipes of documentation: what is really wrong, and nothing else', () => {
  it.each(DOCUMENTED.map((each) => [each.from, each] as const))(
    '%s',
    (_, { recipe, model: on, consumer, expected }) => {
      const { parsed, findings } = lintText(JSON.stringify(recipe), {
        ...on,
        ...(consumer !== undefined && { consumer }),
      });
      const found = findings.map(({ ruleId, severity, entries }) => [
        ruleId,
        severity,
        parsed.recipe.entries[entries[0] ?? -1]?.key ?? '',
      ]);
      expect(found.map(String).sort()).toEqual(
        expected.map(([rule, severity, key]) => String([rule, severity, key])).sort(),
      );
    },
  );
});
