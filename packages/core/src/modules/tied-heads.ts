/** Where a model keeps its token embeddings and its output head, by the ends of tensor names. */
export interface HeadNames {
  /**
   * The input embedding's name. The part of a composite model that speaks may hold it, see PARTS; then it holds the others
   * too. A first component `*` stands for any one.
   */
  readonly input: string;
  /** The output head's name. */
  readonly output: string;
  /** Stored beside a tied head; without it the checkpoint has no such head. */
  readonly beside?: string;
  /** Begins names of the model's layers, and tells where the input belongs when only the head is stored. */
  readonly layers?: string;
  /** The rule holds for these model types only. */
  readonly families?: readonly string[];
}

/** What a composite model calls the part of it that speaks, where that part is a model with a head of its own. */
export const PARTS: readonly string[] = ['', 'language_model.', 'llm.', 'text_model.', 'decoder.'];

/** In the order in which to try them. Compared with `get_input_embeddings` and `get_output_embeddings` of transformers 5.23. */
export const HEADS: readonly HeadNames[] = [
  { input: 'model.decoder.embed_tokens.weight', output: 'lm_head.out_proj.weight', families: ['t5gemma'] },
  { input: 'model.embed_tokens.weight', output: 'head.weight', families: ['deepseek_v4'] },
  {
    input: 'model.decoder.embed_tokens.weight',
    output: 'proj_out.weight',
    families: ['whisper', 'canary', 'moonshine'],
  },
  { input: 'model.decoder.embed_tokens.weight', output: 'output_projection.weight', families: ['trocr'] },
  { input: 'funnel.embeddings.word_embeddings.weight', output: 'lm_head.weight', families: ['funnel'] },
  {
    input: 'model.language_model.model.embed_tokens.weight',
    output: 'lm_head.weight',
    families: ['shieldgemma2'],
  },
  {
    input: 'model.language_model.embed_tokens.weight',
    output: 'model.language_model.lm_head.weight',
    families: ['hyperclovax_vision_v2'],
  },
  { input: 'model.text_model.embed_tokens.weight', output: 'head.decoder.weight', families: ['ultravbert'] },

  { input: 'model.embed_tokens.weight', output: 'lm_head.weight', layers: 'model.layers.' },
  {
    input: 'model.language_model.embed_tokens.weight',
    output: 'lm_head.weight',
    layers: 'model.language_model.layers.',
  },
  { input: 'model.text_model.embed_tokens.weight', output: 'lm_head.weight' },
  { input: 'model.text_model.embeddings.tok_embeddings.weight', output: 'lm_head.weight' },
  { input: 'model.embed_tokens.word_embeddings.weight', output: 'lm_head.weight' },
  { input: 'model.local_encoder.embed_tokens.weight', output: 'lm_head.weight' },
  { input: 'transformer.wte.weight', output: 'lm_head.weight', layers: 'transformer.h.' },
  { input: 'transformer.word_embeddings.weight', output: 'lm_head.weight' },
  { input: 'transformer.tokens_embed.weight', output: 'lm_head.weight' },
  { input: 'transformer.w.weight', output: 'lm_head.weight' },
  { input: 'transformer.word_embedding.weight', output: 'lm_loss.weight' },
  { input: 'transformer.embeddings.weight', output: 'pred_layer.proj.weight', beside: 'pred_layer.proj.bias' },
  { input: 'backbone.embeddings.weight', output: 'lm_head.weight' },
  { input: 'gpt_neox.embed_in.weight', output: 'embed_out.weight' },
  { input: 'gpt_neox_japanese.embed_in.weight', output: 'embed_out.weight' },
  { input: 'rwkv.embeddings.weight', output: 'head.weight' },
  { input: 'biogpt.embed_tokens.weight', output: 'output_projection.weight' },
  { input: 'tok_embeddings.weight', output: 'output.weight' },
  { input: 'embed_tokens.weight', output: 'lm_head.weight', families: ['cosmos3_omni'] },

  // Encoder and decoder share the table.
  { input: 'model.shared.weight', output: 'lm_head.weight' },
  { input: 'led.shared.weight', output: 'lm_head.weight' },
  { input: 'model.language_model.shared.weight', output: 'lm_head.weight' },
  { input: 'shared.weight', output: 'lm_head.weight' },
  { input: 'prophetnet.word_embeddings.weight', output: 'lm_head.weight' },
  { input: 'prophetnet.decoder.word_embeddings.weight', output: 'lm_head.weight' },
  { input: 'text_decoder.embed_tokens.weight', output: 'lm_head.weight' },
  { input: 'model.encoder.embed_tokens.weight', output: 'lm_head.out_proj.weight', families: ['t5gemma2'] },
  { input: 'model.decoder.embed_tokens.weight', output: 'lm_head.weight', layers: 'model.decoder.layers.' },
  {
    input: 'speecht5.decoder.prenet.embed_tokens.weight',
    output: 'text_decoder_postnet.lm_head.weight',
  },
  {
    input: 'model.transf_decoder._embedding.token_embedding.weight',
    output: 'log_softmax.mlp.layer0.weight',
  },

  // BERT and its relatives: the base model's name is before the table's, so the bias of the head tells which head it is.
  {
    input: 'bert.embeddings.word_embeddings.weight',
    output: 'cls.predictions.decoder.weight',
    beside: 'cls.predictions.bias',
  },
  { input: 'model.embeddings.tok_embeddings.weight', output: 'decoder.weight', beside: 'decoder.bias' },
  {
    input: '*.embeddings.word_embeddings.weight',
    output: 'cls.predictions.decoder.weight',
    beside: 'cls.predictions.bias',
  },
  { input: '*.embeddings.word_embeddings.weight', output: 'predictions.decoder.weight', beside: 'predictions.bias' },
  { input: '*.embeddings.word_embeddings.weight', output: 'lm_head.decoder.weight', beside: 'lm_head.bias' },
  { input: '*.embeddings.word_embeddings.weight', output: 'lm_head.decoder.weight', beside: 'lm_head.decoder.bias' },
  {
    input: '*.embeddings.word_embeddings.weight',
    output: 'generator_lm_head.weight',
    beside: 'generator_lm_head.bias',
  },
  { input: '*.embeddings.word_embeddings.weight', output: 'vocab_projector.weight', beside: 'vocab_projector.bias' },
  { input: 'git.embeddings.word_embeddings.weight', output: 'output.weight', beside: 'output.bias' },
  { input: 'ultrabert.embed_tokens.weight', output: 'cls.weight' },
];
