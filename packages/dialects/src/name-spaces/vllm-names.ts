import type { NameRule, SpaceNames } from './table.ts';

// After vLLM's model classes (`packed_modules_mapping`, `hf_to_vllm_mapper`, and where a layer is built without a
// quantization config). `conformance` builds 32 families with vLLM's own classes; those of which we know too little are left out.

const QKV: NameRule = { from: ['self_attn.q_proj', 'self_attn.k_proj', 'self_attn.v_proj'], to: 'self_attn.qkv_proj' };

const GATE_UP: NameRule = { from: ['gate_proj', 'up_proj'], to: 'gate_up_proj' };

// FusedMoE keeps all experts of a layer in two parameters. It comes first, so that experts are no gate_up_proj.
const EXPERTS: readonly NameRule[] = [
  { from: ['experts.*.gate_proj.weight', 'experts.*.up_proj.weight'], to: 'experts.w13_weight' },
  { from: ['experts.*.down_proj.weight'], to: 'experts.w2_weight' },
  { from: ['experts.gate_up_proj'], to: 'experts.w13_weight' },
  { from: ['experts.down_proj'], to: 'experts.w2_weight' },
];

const MIXTRAL_EXPERTS: readonly NameRule[] = [
  { from: ['experts.*.w1.weight', 'experts.*.w3.weight'], to: 'experts.w13_weight' },
  { from: ['experts.*.w2.weight'], to: 'experts.w2_weight' },
];

const GRANITE_EXPERTS: readonly NameRule[] = [
  { from: ['block_sparse_moe.input_linear.weight'], to: 'block_sparse_moe.experts.w13_weight' },
  { from: ['block_sparse_moe.output_linear.weight'], to: 'block_sparse_moe.experts.w2_weight' },
  { from: ['block_sparse_moe.router.layer'], to: 'block_sparse_moe.gate' },
];

/** transformers' composite models, as stored before and after its version 4.52. */
const COMPOSITE: readonly NameRule[] = [
  { from: ['^model.language_model'], to: 'language_model.model' },
  { from: ['^model.vision_tower'], to: 'vision_tower' },
  { from: ['^model.multi_modal_projector'], to: 'multi_modal_projector' },
  { from: ['^lm_head'], to: 'language_model.lm_head' },
];

const QWEN_VL: readonly NameRule[] = [
  { from: ['^model.language_model'], to: 'language_model.model' },
  { from: ['^model.visual'], to: 'visual' },
  { from: ['^lm_head'], to: 'language_model.lm_head' },
  { from: ['^model'], to: 'language_model.model' },
];

// The head is a ParallelLMHead, no LinearBase; routers are built without a quantization config.
const UNREACHABLE = words(`
  lm_head mlp.gate mlp.router mlp.router.gate mlp.shared_expert_gate block_sparse_moe.gate feed_forward.router
  mixer.gate
`);

const SAME: SpaceNames = { unreachable: UNREACHABLE };
const DENSE: SpaceNames = { rules: [QKV, GATE_UP], unreachable: UNREACHABLE };
const QKV_ONLY: SpaceNames = { rules: [QKV], unreachable: UNREACHABLE };
const SPARSE: SpaceNames = { rules: [...EXPERTS, QKV, GATE_UP], unreachable: UNREACHABLE };
const MIXTRAL: SpaceNames = { rules: [...MIXTRAL_EXPERTS, QKV], unreachable: UNREACHABLE };
const DEEPSEEK: SpaceNames = {
  rules: [
    ...EXPERTS,
    GATE_UP,
    { from: ['self_attn.q_a_proj', 'self_attn.kv_a_proj_with_mqa'], to: 'self_attn.fused_qkv_a_proj' },
  ],
  unreachable: UNREACHABLE,
};
const VISION: SpaceNames = { rules: [...COMPOSITE, QKV, GATE_UP], unreachable: UNREACHABLE };
const QWEN_VISION: SpaceNames = { rules: [...QWEN_VL, QKV, GATE_UP], unreachable: UNREACHABLE };

/** By model type. */
export const VLLM_NAMES: Readonly<Record<string, SpaceNames>> = {
  ...family('llama mistral qwen2 qwen3 gemma gemma2 gemma3_text granite olmo2 cohere stablelm glm4', DENSE),
  ...family('apertus phi starcoder2', QKV_ONLY),
  ...family('phi3 falcon bloom mpt gpt_bigcode', SAME),
  ...family('qwen2_moe qwen3_next olmoe glm4_moe ernie4_5_moe afmoe', SPARSE),
  // Its attention asks by names without `self_attn`; its state-space layers are built without a quantization config.
  jamba: {
    rules: [...EXPERTS, GATE_UP, { from: QKV.from, to: 'qkv_proj' }, { from: ['self_attn.o_proj'], to: 'o_proj' }],
    unreachable: [...UNREACHABLE, ...words('mamba.in_proj mamba.x_proj mamba.dt_proj mamba.out_proj')],
  },
  // Its router alone is built with a quantization config.
  qwen3_moe: { ...SPARSE, unreachable: UNREACHABLE.filter((end) => end !== 'mlp.gate'), reachable: ['mlp.gate'] },
  ...family('mixtral phimoe', MIXTRAL),
  ...family('deepseek_v2 deepseek_v3', DEEPSEEK),
  ...family('gemma3 llava paligemma', VISION),
  ...family('qwen2_vl qwen2_5_vl qwen3_vl', QWEN_VISION),
  granitemoe: { rules: [...GRANITE_EXPERTS, QKV], unreachable: UNREACHABLE },
  granitemoehybrid: { rules: [...GRANITE_EXPERTS, QKV], unreachable: UNREACHABLE },
  gpt2: {
    rules: ['h', 'wte', 'wpe', 'ln_f'].map((part) => ({ from: [`^${part}`], to: `transformer.${part}` })),
    unreachable: UNREACHABLE,
  },
  gpt_neox: { unreachable: [...UNREACHABLE, 'embed_out'] },
  gpt_oss: {
    rules: [...EXPERTS, { from: ['self_attn'], to: 'attn' }, inside('attn', QKV)],
    unreachable: UNREACHABLE,
  },
  gptj: { rules: [inside('attn', QKV)], unreachable: UNREACHABLE },
  lfm2: {
    rules: [QKV, { from: ['feed_forward.w1', 'feed_forward.w3'], to: 'feed_forward.w1' }],
    unreachable: UNREACHABLE,
  },
  llama4: {
    rules: [
      ...EXPERTS,
      { from: ['^model.language_model'], to: 'language_model.model' },
      { from: ['^model.vision_model'], to: 'vision_model' },
      { from: ['^lm_head'], to: 'language_model.lm_head' },
      QKV,
      GATE_UP,
    ],
    unreachable: UNREACHABLE,
  },
  nemotron_h: {
    rules: [
      { from: ['^backbone'], to: 'model' },
      { from: ['^model.embeddings'], to: 'model.embed_tokens' },
      { from: ['experts.*.up_proj.weight'], to: 'experts.w13_weight' },
      { from: ['experts.*.down_proj.weight'], to: 'experts.w2_weight' },
      inside('mixer', QKV),
    ],
    unreachable: UNREACHABLE,
  },
  opt: { rules: [{ from: ['^decoder'], to: 'model.decoder' }, QKV], unreachable: UNREACHABLE },
  whisper: {
    rules: [
      QKV,
      { from: ['encoder_attn.k_proj', 'encoder_attn.v_proj'], to: 'encoder_attn.kv_proj' },
      { from: ['layers.*.fc1'], to: 'layers.*.mlp.fc1' },
      { from: ['layers.*.fc2'], to: 'layers.*.mlp.fc2' },
    ],
    unreachable: [...UNREACHABLE, 'proj_out'],
  },
};

/** A rule of `self_attn` in a module of another name. */
function inside(module: string, { from, to }: NameRule): NameRule {
  const renamed = (pattern: string): string => pattern.replace('self_attn', module);
  return { from: from.map(renamed), to: renamed(to) };
}

function family(types: string, names: SpaceNames): Readonly<Record<string, SpaceNames>> {
  return Object.fromEntries(words(types).map((type) => [type, names]));
}

function words(text: string): readonly string[] {
  return text.trim().split(/\s+/u);
}
