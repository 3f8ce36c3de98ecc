// The sets are marked as pure: a bundle that asks about no tied embeddings leaves them out.

/**
 * Model types of transformers 5.23 whose config says `tie_word_embeddings: true` when `config.json` does not say anything.
 * Its base class has had no default since version 5; each family has its own.
 */
export const TIED_BY_DEFAULT: ReadonlySet<string> = /* @__PURE__ */ words(`
  albert bart bert-generation bert big_bird biogpt blenderbot-small blenderbot bloom camembert canary cohere
  cohere2 cohere2_moe cohere2_vision convbert ctrl data2vec-text deberta-v2 deberta deepseek_vl deepseek_vl_hybrid
  distilbert electra ernie ernie4_5 ernie4_5_moe ernie4_5_vl_moe falcon falcon_mamba flaubert florence2 fnet
  fun_asr_nano funnel gemma gemma2 gemma3 gemma3_text gemma3n_text gemma4 gemma4_text gemma4_unified
  gemma4_unified_text glmasr got_ocr2 gpt-sw3 gpt2 gpt_bigcode gpt_neo gpt_neox_japanese granite_docling
  granite_speech granite_speech_plus granite_swa gte hyperclovax_vision_v2 ibert internvl janus jetmoe
  jina_embeddings_v3 kimi_k25 kosmos-2.5 kosmos-2 layoutlm led lfm2 lfm2_vl lfm3 lfm3_vl lighton_ocr longformer
  longt5 m2m_100 mamba marian mbart megatron-bert minicpm3 minicpm_ocr mistral3 mobilebert modernbert-decoder
  modernbert moonshine moss_transcribe_diarize mpnet mpt mra mt5 mvp neomme nllb-moe nomic_bert nystromformer
  openai-gpt opt ovis2 paddleocr_vl paligemma pegasus pegasus_x plbart pp_chart2table prophetnet qwen3_asr
  recurrent_gemma roberta-prelayernorm roberta roc_bert roformer seamless_m4t seamless_m4t_v2 shieldgemma2 smollm3
  speech_to_text speecht5 squeezebert starcoder2 switch_transformers t5 t5gemma2 tapas trocr udop umt5 vaultgemma
  visual_bert voxtral_realtime whisper xglm xlm-roberta-xl xlm-roberta xlm xlnet xmod yoso youtu zamba zamba2 zaya
`);

/** Composite models that tie as well when the config of the part that speaks says so: under the member named here. */
export const FOLLOWS_PART: ReadonlyMap<string, 'text_config' | 'decoder'> = /* @__PURE__ */ partsByFamily();

function partsByFamily(): ReadonlyMap<string, 'text_config' | 'decoder'> {
  const text = words(`
    blip-2 fast_vlm glm4v glm4v_moe glm_ocr hunyuan_vl instructblip instructblipvideo llava llava_next_video llava_onevision
    minimax_m3_vl paddleocr_vl perception_lm qwen2_5_vl qwen2_vl shieldgemma2 vibevoice video_llama_3
  `);
  return new Map([
    ...Array.from(text, (family) => [family, 'text_config'] as const),
    ...Array.from(words('speech-encoder-decoder vision-encoder-decoder'), (family) => [family, 'decoder'] as const),
  ]);
}

/** Families that transformers ties whatever their config says, unless the checkpoint holds two different tensors. */
export const ALWAYS_TIED: ReadonlySet<string> = /* @__PURE__ */ words('longt5 mt5 t5 udop umt5');

function words(text: string): ReadonlySet<string> {
  return new Set(text.trim().split(/\s+/u));
}
