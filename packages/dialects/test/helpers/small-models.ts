import { deriveParameters, type DialectModel, type TensorInfo } from '@fewbit/core';

/** Tensors by name; one dimension for norms and biases. */
export function modelOf(
  shapes: Readonly<Record<string, readonly number[]>>,
  config: DialectModel['config'] = { model_type: 'qwen2', tie_word_embeddings: false },
): DialectModel {
  const tensors = Object.entries(shapes).map(([name, shape]): TensorInfo => ({ name, dtype: 'BF16', shape }));
  const type = config !== null && typeof config.model_type === 'string' ? config.model_type : null;
  return { parameters: deriveParameters(tensors, { modelType: type }), config };
}

/** A Qwen2 of some layers: biases at q, k and v only, an untied head. */
export function qwen2(layers = 2): DialectModel {
  const shapes: Record<string, readonly number[]> = { 'model.embed_tokens.weight': [128, 64] };
  for (let layer = 0; layer < layers; layer += 1) {
    const at = `model.layers.${layer}`;
    for (const part of ['q', 'k', 'v']) {
      shapes[`${at}.self_attn.${part}_proj.weight`] = [64, 64];
      shapes[`${at}.self_attn.${part}_proj.bias`] = [64];
    }
    for (const module of ['self_attn.o_proj', 'mlp.gate_proj', 'mlp.up_proj', 'mlp.down_proj']) {
      shapes[`${at}.${module}.weight`] = [64, 64];
    }
    shapes[`${at}.input_layernorm.weight`] = [64];
  }
  return modelOf({ ...shapes, 'model.norm.weight': [64], 'lm_head.weight': [128, 64] });
}

/** A Qwen3-MoE of one layer with some experts. */
export function qwen3Moe(experts = 4): DialectModel {
  const at = 'model.layers.0';
  const shapes: Record<string, readonly number[]> = { 'model.embed_tokens.weight': [128, 64] };
  for (const part of ['q', 'k', 'v', 'o']) shapes[`${at}.self_attn.${part}_proj.weight`] = [64, 64];
  shapes[`${at}.mlp.gate.weight`] = [experts, 64];
  for (let expert = 0; expert < experts; expert += 1) {
    for (const part of ['gate', 'up', 'down']) shapes[`${at}.mlp.experts.${expert}.${part}_proj.weight`] = [64, 64];
  }
  shapes['model.norm.weight'] = [64];
  shapes['lm_head.weight'] = [128, 64];
  return modelOf(shapes, { model_type: 'qwen3_moe', tie_word_embeddings: false });
}
