/** Names of checkpoints, made by rule, so that nothing has to be downloaded. */

const ATTENTION = ['q_a_proj', 'q_b_proj', 'kv_a_proj_with_mqa', 'kv_b_proj', 'o_proj'];
const MLP = ['gate_proj', 'up_proj', 'down_proj'];

function quantized(module: string, suffixes: readonly string[]): string[] {
  return suffixes.map((suffix) => `${module}.${suffix}`);
}

function layer(prefix: string, experts: number, suffixes: readonly string[]): string[] {
  const out = [
    `${prefix}.input_layernorm.weight`,
    `${prefix}.post_attention_layernorm.weight`,
    `${prefix}.self_attn.q_a_layernorm.weight`,
    `${prefix}.self_attn.kv_a_layernorm.weight`,
    ...ATTENTION.flatMap((name) => quantized(`${prefix}.self_attn.${name}`, suffixes)),
  ];
  const mlp = (module: string): string[] => MLP.flatMap((name) => quantized(`${module}.${name}`, suffixes));
  if (experts === 0) return [...out, ...mlp(`${prefix}.mlp`)];
  out.push(`${prefix}.mlp.gate.weight`, `${prefix}.mlp.gate.e_score_correction_bias`);
  out.push(...mlp(`${prefix}.mlp.shared_experts`));
  for (let e = 0; e < experts; e++) out.push(...mlp(`${prefix}.mlp.experts.${e}`));
  return out;
}

/** All 91,991 tensor names of DeepSeek-V3, in the order of its layers. */
export function deepSeekV3(): string[] {
  const out = ['model.embed_tokens.weight'];
  for (let l = 0; l < 62; l++) out.push(...layer(`model.layers.${l}`, l < 3 ? 0 : 256, ['weight', 'weight_scale_inv']));
  for (const name of ['embed_tokens', 'enorm', 'hnorm', 'eh_proj', 'shared_head.norm', 'shared_head.head']) {
    out.push(`model.layers.61.${name}.weight`);
  }
  return [...out, 'model.norm.weight', 'lm_head.weight'];
}

/** A million names of the same kind: 128 layers of 651 experts with four tensors each. */
export function million(): string[] {
  const suffixes = ['weight', 'weight_scale_inv', 'weight_zero_point', 'input_scale'];
  const out: string[] = [];
  for (let l = 0; l < 128; l++) out.push(...layer(`model.layers.${l}`, 651, suffixes));
  return out.slice(0, 1_000_000);
}
