import type { NameRule, SpaceNames } from './table.ts';

// What transformers 5 does while it loads is in its conversion mapping; the results were compared with the state_dict of
// its own model classes (the fixtures of core, version 5.23).

const EXPERTS: readonly NameRule[] = [
  { from: ['experts.*.gate_proj.weight', 'experts.*.up_proj.weight'], to: 'experts.gate_up_proj' },
  { from: ['experts.*.down_proj.weight'], to: 'experts.down_proj' },
];

const MIXTRAL_EXPERTS: readonly NameRule[] = [
  {
    from: ['block_sparse_moe.experts.*.w1.weight', 'block_sparse_moe.experts.*.w3.weight'],
    to: 'mlp.experts.gate_up_proj',
  },
  { from: ['block_sparse_moe.experts.*.w2.weight'], to: 'mlp.experts.down_proj' },
];

const GRANITE_EXPERTS: readonly NameRule[] = [
  { from: ['block_sparse_moe.input_linear.weight'], to: 'block_sparse_moe.experts.gate_up_proj' },
  { from: ['block_sparse_moe.output_linear.weight'], to: 'block_sparse_moe.experts.down_proj' },
  { from: ['block_sparse_moe.router.layer'], to: 'block_sparse_moe.router' },
];

/** A language model beside a vision tower, stored as before version 4.52. */
const COMPOSITE: readonly NameRule[] = [
  { from: ['^language_model.lm_head'], to: 'lm_head' },
  { from: ['^language_model.model'], to: 'model.language_model' },
  { from: ['^vision_tower.vision_model'], to: 'model.vision_tower' },
  { from: ['^vision_tower'], to: 'model.vision_tower' },
  { from: ['^multi_modal_projector'], to: 'model.multi_modal_projector' },
];

const QWEN_VL: readonly NameRule[] = [
  { from: ['^model.embed_tokens'], to: 'model.language_model.embed_tokens' },
  { from: ['^model.layers'], to: 'model.language_model.layers' },
  { from: ['^model.norm'], to: 'model.language_model.norm' },
  { from: ['^visual'], to: 'model.visual' },
];

const VIT_ATTENTION: readonly NameRule[] = [
  { from: ['attention.attention.query'], to: 'attention.q_proj' },
  { from: ['attention.attention.key'], to: 'attention.k_proj' },
  { from: ['attention.attention.value'], to: 'attention.v_proj' },
  { from: ['attention.output.dense'], to: 'attention.o_proj' },
];

const VIT_MLP: readonly NameRule[] = [
  { from: ['intermediate.dense'], to: 'mlp.fc1' },
  { from: ['output.dense'], to: 'mlp.fc2' },
];

const SWIN: readonly NameRule[] = [
  { from: ['attention.self.query'], to: 'attention.q_proj' },
  { from: ['attention.self.key'], to: 'attention.k_proj' },
  { from: ['attention.self.value'], to: 'attention.v_proj' },
  {
    from: ['attention.self.relative_position_bias_table'],
    to: 'attention.relative_position_bias.relative_position_bias_table',
  },
  { from: ['attention.output.dense'], to: 'attention.o_proj' },
  ...VIT_MLP,
];

const WITH_EXPERTS = words(`
  afmoe deepseek_v2 deepseek_v3 dots1 glm4_moe jamba olmoe qwen2_moe qwen3_moe qwen3_next
`);

/** Families whose parameters are called in memory as they are stored. */
const SAME = words(`
  albert apertus bart bert blip-2 bloom bridgetower clip clvp cohere convbert convnextv2 deberta-v2
  decision_transformer distilbert electra falcon gemma gemma2 gemma3_text gemma3n_text glm4 gpt2 gpt_bigcode gpt_neo
  gpt_oss gptj granite imagegpt jetmoe layoutlmv3 led lfm2 llama llama4 longformer mamba mamba2 marian mbart mistral
  mllama modernbert mpt olmo2 openai-gpt opt pegasus phi phi3 qwen2 qwen3 qwen3_vl roberta rwkv sam sam2 siglip smollm3
  stablelm starcoder2 t5 tapas umt5 wav2vec2 whisper xglm xlm-roberta xlnet zamba2
`);

/** By model type. */
export const TRANSFORMERS_NAMES: Readonly<Record<string, SpaceNames>> = {
  ...Object.fromEntries(SAME.map((type) => [type, {}])),
  ...Object.fromEntries(WITH_EXPERTS.map((type) => [type, { rules: EXPERTS }])),
  aria: {
    rules: [
      ...COMPOSITE,
      { from: ['experts.fc1.weight'], to: 'experts.gate_up_proj' },
      { from: ['experts.fc2.weight'], to: 'experts.down_proj' },
    ],
  },
  dinov2: { rules: VIT_ATTENTION },
  ernie4_5_moe: { rules: [...EXPERTS, { from: ['mlp.moe_statics'], to: 'mlp.gate.moe_statics' }] },
  gemma3: { rules: COMPOSITE },
  gpt_neox: { rules: [{ from: ['^embed_out'], to: 'lm_head' }] },
  granitemoe: { rules: GRANITE_EXPERTS },
  granitemoehybrid: { rules: GRANITE_EXPERTS },
  llava: { rules: COMPOSITE },
  minimax: { rules: [...MIXTRAL_EXPERTS, { from: ['block_sparse_moe'], to: 'mlp' }] },
  mixtral: { rules: [...MIXTRAL_EXPERTS, { from: ['block_sparse_moe'], to: 'mlp' }] },
  nemotron_h: {
    rules: [
      { from: ['^backbone'], to: 'model' },
      { from: ['experts.*.up_proj.weight'], to: 'experts.up_proj' },
      { from: ['experts.*.down_proj.weight'], to: 'experts.down_proj' },
    ],
  },
  paligemma: { rules: COMPOSITE },
  phimoe: {
    rules: [
      ...MIXTRAL_EXPERTS,
      { from: ['block_sparse_moe.gate'], to: 'mlp.router' },
      { from: ['block_sparse_moe'], to: 'mlp' },
    ],
  },
  qwen2_5_vl: { rules: QWEN_VL },
  qwen2_vl: { rules: QWEN_VL },
  swin: { rules: SWIN },
  vit: { rules: [{ from: ['^vit.encoder.layer'], to: 'vit.layers' }, ...VIT_ATTENTION, ...VIT_MLP] },
};

function words(text: string): readonly string[] {
  return text.trim().split(/\s+/u);
}
