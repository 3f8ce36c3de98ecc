import type { ModuleNames } from './table.ts';

const TRANSPOSED: ModuleNames = { modules: { conv1d: ['c_attn', 'q_attn', 'c_fc', 'c_proj'] } };

// Batch norms whose weight and bias are buffers.
const FROZEN_NORMS: ModuleNames = { modules: { buffer: ['normalization'] } };

// Random Fourier features for the positions of prompts.
const FIXED_PROMPT_POSITIONS: ModuleNames = {
  parameters: { buffer: ['shared_embedding.positional_embedding', 'shared_image_embedding.positional_embedding'] },
};

// Stored as torch's MultiheadAttention has it; the model class splits it into linears.
const SPLIT_ATTENTION: ModuleNames = { modules: { linear: ['out_proj'] } };

// A correction of the router that is trained.
const TRAINED_CORRECTION: ModuleNames = { parameters: { other: ['e_score_correction_bias'] } };

/** Names that mean something in a few families only, or something else there, by the `model_type` of `config.json`. */
export const FAMILY_NAMES: Readonly<Record<string, ModuleNames>> = {
  gpt2: TRANSPOSED,
  'gpt-sw3': TRANSPOSED,
  'openai-gpt': TRANSPOSED,
  imagegpt: TRANSPOSED,
  decision_transformer: TRANSPOSED,
  clvp: TRANSPOSED,
  d_fine: FROZEN_NORMS,
  deimv2: FROZEN_NORMS,
  rt_detr: FROZEN_NORMS,
  rt_detr_v2: FROZEN_NORMS,
  pp_doclayout_v2: FROZEN_NORMS,
  pp_doclayout_v4: FROZEN_NORMS,
  edgetam_video: FIXED_PROMPT_POSITIONS,
  sam2: FIXED_PROMPT_POSITIONS,
  sam2_video: FIXED_PROMPT_POSITIONS,
  sam3_tracker: FIXED_PROMPT_POSITIONS,
  sam3_tracker_video: FIXED_PROMPT_POSITIONS,
  rf_detr: SPLIT_ATTENTION,
  step3p7: { ...SPLIT_ATTENTION, parameters: { embedding: ['vision_model.positional_embedding'] } },
  tipsv2: SPLIT_ATTENTION,
  tipsv2_text_model: SPLIT_ATTENTION,
  laguna: TRAINED_CORRECTION,
  ernie4_5_moe: TRAINED_CORRECTION,
  ernie4_5_vl_moe: { ...TRAINED_CORRECTION, modules: { other: ['mlp.gate'] } },
  // Routers that are linears.
  afmoe: { modules: { linear: ['router.gate'] }, parameters: { other: ['expert_bias'] } },
  jetmoe: { modules: { linear: ['router.layer'], experts: ['mlp.input_linear', 'mlp.output_linear'] } },
  llama4: { modules: { linear: ['router'] } },
  llama4_text: { modules: { linear: ['router'] } },
  phimoe: { modules: { linear: ['gate', 'router'] } },
  // Routers whose bias is a correction.
  deepseek_v4: { parameters: { buffer: ['gate.bias'] } },
  inkling2: { parameters: { buffer: ['gate.bias'] } },
  inkling2_text: { parameters: { buffer: ['gate.bias'] } },
  inkling_mm_model: { modules: { embedding: ['audio.encoder'] }, parameters: { buffer: ['gate.bias'] } },
  apertus: { parameters: { buffer: ['act_fn.beta', 'act_fn.eps'] } },
  // Embeddings under names that mean a linear elsewhere.
  canine: { modules: { embedding: numbered('HashBucketCodepointEmbedder_', 8) } },
  tapas: { modules: { embedding: numbered('token_type_embeddings_', 7) } },
  cpmant: { modules: { embedding: ['input_embedding'] } },
  ctrl: { modules: { embedding: ['transformer.w'] } },
  phi4_multimodal: { modules: { embedding: ['bias_values'] } },
  sam3: { modules: { embedding: ['reference_points'] } },
  sam3_lite_text: { modules: { embedding: ['reference_points'] } },
  sam3_video: { modules: { embedding: ['reference_points'] }, ...FIXED_PROMPT_POSITIONS },
  molmo2: { parameters: { embedding: ['wte.embedding', 'wte.new_embedding'] } },
  molmo2_text: { parameters: { embedding: ['wte.embedding', 'wte.new_embedding'] } },
  // Modules of their own classes, with a weight shaped like a linear's or a convolution's.
  csm: { modules: { other: ['codebooks_head'] } },
  kimi_k25: { modules: { other: ['pos_emb'] } },
  ibert: {
    modules: {
      other: ['query', 'key', 'value', 'dense', 'word_embeddings', 'position_embeddings', 'token_type_embeddings'],
    },
  },
};

function numbered(name: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${name}${String(index)}`);
}
