/** A Llama of random weights, as large as a small one: 259 M weights in linear layers. */
export const MODEL = {
  vocabulary: 16384,
  hidden: 2048,
  intermediate: 5632,
  layers: 5,
  heads: 32,
  keyValueHeads: 8,
  headDim: 64,
  context: 256,
  epsilon: 1e-5,
  ropeTheta: 10_000,
} as const;

/** [out features, in features] of a layer's linear layers, by their names in llama.cpp. */
export const LINEARS: Readonly<Record<string, readonly [number, number]>> = {
  attn_q: [MODEL.heads * MODEL.headDim, MODEL.hidden],
  attn_k: [MODEL.keyValueHeads * MODEL.headDim, MODEL.hidden],
  attn_v: [MODEL.keyValueHeads * MODEL.headDim, MODEL.hidden],
  attn_output: [MODEL.hidden, MODEL.heads * MODEL.headDim],
  ffn_gate: [MODEL.intermediate, MODEL.hidden],
  ffn_up: [MODEL.intermediate, MODEL.hidden],
  ffn_down: [MODEL.hidden, MODEL.intermediate],
};

/** Weights that a token is multiplied with. */
export const WEIGHTS: number =
  MODEL.vocabulary * MODEL.hidden +
  MODEL.layers * Object.values(LINEARS).reduce((sum, [rows, columns]) => sum + rows * columns, 0);

export const PROMPT_TOKENS = 8;
/** Tokens that are decoded in a round. */
export const DECODED_TOKENS = 24;
export const ROUNDS = 5;
