import type { JsonObject } from '@fewbit/core';

/** `_keep_in_fp32_modules` of transformers 5.23.0's model classes, by model type. */
export function keptInFp32(config: JsonObject | null): readonly string[] {
  const type = config !== null && Object.hasOwn(config, 'model_type') ? config.model_type : null;
  return typeof type === 'string' ? (KEPT.get(type) ?? []) : [];
}

const NORMS = ['post_attention_layernorm', 'input_layernorm', 'norm'];

const KEPT: ReadonlyMap<string, readonly string[]> = new Map([
  ...sameFor(['wo'], ['t5', 'mt5', 'umt5', 'udop', 'pop2piano']),
  ...sameFor(['query_tokens'], ['instructblip', 'instructblipvideo']),
  ...sameFor(['indexer.weights_proj'], ['glm_moe_dsa', 'deepseek_v32', 'axk2', 'mistral_large4']),
  ...sameFor(['query_tokens', 'qformer'], ['blip-2']),
  ...sameFor(['time_decay', 'time_first'], ['rwkv']),
  ...sameFor(NORMS, ['gpt_oss']),
  ...sameFor([...NORMS, 'pre_mlp_layernorm', 'post_mlp_layernorm', 'q_norm', 'k_norm', 'expert_bias'], ['afmoe']),
  ...sameFor(['classifier.weight'], ['longcat_flash']),
  ...sameFor(
    ['kv_proj', 'gate_proj', 'indexer.kv_proj', 'indexer.gate_proj', 'indexer.scorer.weights_proj'].map(
      (name) => `self_attn.compressor.${name}`,
    ),
    ['deepseek_v4'],
  ),
]);

function sameFor(names: readonly string[], modelTypes: readonly string[]): (readonly [string, readonly string[]])[] {
  return modelTypes.map((type) => [type, names]);
}
