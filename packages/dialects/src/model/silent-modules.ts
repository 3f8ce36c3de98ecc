/** A module without parameters that families of models have: an activation, a dropout, rotary positions. */
export interface SilentModule {
  /** The last component of the FQN of the module that holds it; `layers.*` for the members of a list. */
  readonly parent: string;
  readonly name: string;
  /** A module or parameter that has to be there as well; null where the parent's name says enough. */
  readonly beside: string | null;
  readonly modelTypes: ReadonlySet<string>;
}

/**
 * Modules that no checkpoint shows and that a key may reach all the same, which ends the job. Taken from the models for causal
 * language modelling of transformers 5.23.0, by `model_type`; those that few families have are left out.
 */
export const SILENT_MODULES: readonly SilentModule[] = [
  {
    parent: 'attn',
    name: 'attn_dropout',
    beside: null,
    modelTypes: words(`
      codegen gpt-sw3 gpt2 gptj openai-gpt
    `),
  },
  {
    parent: 'attn',
    name: 'resid_dropout',
    beside: null,
    modelTypes: words(`
      codegen gpt-sw3 gpt2 gpt_bigcode gptj openai-gpt
    `),
  },
  {
    parent: 'embeddings',
    name: 'dropout',
    beside: null,
    modelTypes: words(`
      bert bert-generation big_bird camembert data2vec-text electra ernie megatron-bert rembert roberta
      roberta-prelayernorm roc_bert roformer xlm-roberta xlm-roberta-xl xmod
    `),
  },
  {
    parent: 'experts',
    name: 'act_fn',
    beside: null,
    modelTypes: words(`
      aria_text axk1 axk2 cohere2_moe deepseek_v2 deepseek_v4 dots3_note dots3_note_text ernie4_5_moe exaone_moe
      flex_olmo glm4_moe glm4_moe_lite granitemoe granitemoe_swa granitemoehybrid granitemoeshared hy_v3
      inkling2_text inkling_text kimi_linear kolibri1 laguna llama4 llama4_text longcat_flash mellum
      mimo_v2_flash minimax minimax_m2 mixtral nemotron_h olmoe phimoe qwen2_moe qwen3_5_moe qwen3_5_moe_text
      qwen3_moe qwen3_next qwen4_exp_text solar_open zaya
    `),
  },
  {
    parent: 'intermediate',
    name: 'intermediate_act_fn',
    beside: null,
    modelTypes: words(`
      bert bert-generation big_bird camembert data2vec-text electra ernie git megatron-bert rembert roberta
      roberta-prelayernorm roc_bert roformer xlm-roberta xlm-roberta-xl xmod
    `),
  },
  {
    parent: 'language_model',
    name: 'rotary_emb',
    beside: 'layers',
    modelTypes: words(`
      fuyu gemma3 gemma4 gemma4_unified got_ocr2 moss_transcribe_diarize
    `),
  },
  {
    parent: 'layers.*',
    name: 'activation_fn',
    beside: 'fc1',
    modelTypes: words(`
      bart bigbird_pegasus biogpt blenderbot blenderbot-small marian mbart mvp opt pegasus plbart trocr whisper
      xglm
    `),
  },
  {
    parent: 'layers.*',
    name: 'dropout',
    beside: null,
    modelTypes: words(`
      emu3 fuyu persimmon stablelm
    `),
  },
  {
    parent: 'mlp',
    name: 'act',
    beside: null,
    modelTypes: words(`
      codegen falcon fuyu gpt-sw3 gpt2 gpt_bigcode gpt_neo gpt_neox gpt_neox_japanese gptj modernbert-decoder
      openai-gpt persimmon starcoder2
    `),
  },
  {
    parent: 'mlp',
    name: 'act_fn',
    beside: 'down_proj',
    modelTypes: words(`
      arcee aria_text axk1 axk2 bailing_hybrid beam bitnet blt cohere cohere2 cohere2_moe cwm deepseek_v2
      deepseek_v3 deepseek_v32 deepseek_v4 diffllama doge dots3_note dots3_note_text emu3 ernie4_5 ernie4_5_moe
      exaone4 exaone_moe flex_olmo flint gemma gemma2 gemma3_text gemma4 gemma4_text gemma4_unified
      gemma4_unified_text glm4_moe glm4_moe_lite glm_moe_dsa granite granite_swa granitemoe granitemoe_swa
      granitemoehybrid granitemoeshared helium hrm_text hy_v3 hy_v4 hyperclovax inkling2_text inkling_text
      internlm3 iquestcoder jais2 kimi_linear kolibri1 laguna llama llama4 llama4_text longcat_flash mellum
      mimo_v2_flash minicpm3 minimax minimax_m2 ministral3 mistral mixtral mllama moss_transcribe_diarize
      nemotron_h olmo olmo2 olmo3 olmo_hybrid olmoe phimoe qwen2 qwen2_moe qwen3 qwen3_5 qwen3_5_moe
      qwen3_5_moe_text qwen3_5_text qwen3_moe qwen3_next qwen4_exp_text seed_oss smollm3 solar_open stablelm
      vaultgemma youtu zaya
    `),
  },
  {
    parent: 'mlp',
    name: 'activation_fn',
    beside: null,
    modelTypes: words(`
      git glm glm4 moshi nanochat phi phi3 phi4_multimodal
    `),
  },
  {
    parent: 'mlp',
    name: 'dropout',
    beside: null,
    modelTypes: words(`
      codegen gpt-sw3 gpt2 gpt_bigcode gpt_neo gptj openai-gpt
    `),
  },
  {
    parent: 'model',
    name: 'rotary_emb',
    beside: 'layers',
    modelTypes: words(`
      apertus arcee aria_text axk1 axk2 bailing_hybrid beam bitnet cohere cohere2 cohere2_moe cwm deepseek_v2
      deepseek_v3 deepseek_v32 deepseek_v4 diffllama doge dots3_note dots3_note_text emu3 ernie4_5 ernie4_5_moe
      exaone4 exaone_moe flex_olmo flint gemma gemma2 gemma3_text gemma4_text gemma4_unified_text glm glm4
      glm4_moe glm4_moe_lite glm_moe_dsa gpt_oss granite granite_swa granitemoe granitemoe_swa granitemoeshared
      helium hrm_text hy_v3 hy_v4 hyperclovax internlm3 iquestcoder jais2 jetmoe kolibri1 laguna lfm2 lfm3 llama
      llama4 llama4_text longcat_flash mellum mimo_v2_flash minicpm3 minimax minimax_m2 minimax_m3_vl_text
      ministral3 mistral mixtral mllama modernbert-decoder nanochat olmo olmo2 olmo3 olmo_hybrid olmoe persimmon
      phi phi3 phi4_multimodal phimoe qwen2 qwen2_moe qwen3 qwen3_5 qwen3_5_moe qwen3_5_moe_text qwen3_5_text
      qwen3_moe qwen3_next qwen4_exp_text seed_oss smollm3 solar_open stablelm starcoder2 vaultgemma youtu zaya
    `),
  },
  {
    parent: 'output',
    name: 'dropout',
    beside: null,
    modelTypes: words(`
      bert bert-generation big_bird camembert data2vec-text electra ernie megatron-bert rembert roberta
      roberta-prelayernorm roc_bert roformer xlm-roberta xmod
    `),
  },
  {
    parent: 'self',
    name: 'dropout',
    beside: null,
    modelTypes: words(`
      bert bert-generation camembert data2vec-text electra ernie git megatron-bert rembert roberta
      roberta-prelayernorm roc_bert roformer xlm-roberta xlm-roberta-xl xmod
    `),
  },
  {
    parent: 'self_attn',
    name: 'v_norm',
    beside: null,
    modelTypes: words(`
      gemma4 gemma4_text gemma4_unified gemma4_unified_text inkling2_text
    `),
  },
  {
    parent: 'shared_expert',
    name: 'act_fn',
    beside: null,
    modelTypes: words(`
      qwen2_moe qwen3_5_moe qwen3_5_moe_text qwen3_next qwen4_exp_text
    `),
  },
  {
    parent: 'shared_experts',
    name: 'act_fn',
    beside: null,
    modelTypes: words(`
      aria_text axk1 axk2 deepseek_v2 deepseek_v4 dots3_note dots3_note_text ernie4_5_moe exaone_moe glm4_moe
      glm4_moe_lite hy_v3 hy_v4 inkling_text kimi_linear kolibri1 laguna nemotron_h solar_open
    `),
  },
  {
    parent: 'transform',
    name: 'transform_act_fn',
    beside: null,
    modelTypes: words(`
      bert big_bird ernie megatron-bert roc_bert roformer
    `),
  },
  {
    parent: 'transformer',
    name: 'drop',
    beside: null,
    modelTypes: words(`
      codegen gpt-sw3 gpt2 gpt_bigcode gpt_neo gptj openai-gpt
    `),
  },
];

function words(text: string): ReadonlySet<string> {
  return new Set(text.trim().split(/\s+/u));
}
