/**
 * What GGUF calls the modules of transformers' models (llama.cpp's `gguf-py`, as of 2026): `#` stands for a number, of a
 * block first and of an expert second. Experts are one tensor in GGUF. Norms are not here: they are never quantized.
 */
const MODULES: readonly (readonly [gguf: string, names: readonly string[]])[] = [
  [
    'token_embd',
    [
      'model.embed_tokens',
      'model.language_model.embed_tokens',
      'language_model.model.embed_tokens',
      'transformer.wte',
      'transformer.word_embeddings',
      'word_embeddings',
      'wte',
      'gpt_neox.embed_in',
      'embed_tokens',
    ],
  ],
  ['output', ['lm_head', 'embed_out', 'language_model.lm_head']],
  [
    'blk.#.attn_qkv',
    ['self_attn.qkv_proj', 'self_attn.query_key_value', 'attention.query_key_value', 'linear_attn.in_proj_qkv'],
  ],
  ['blk.#.attn_q', ['self_attn.q_proj', 'attention.wq']],
  ['blk.#.attn_k', ['self_attn.k_proj', 'attention.wk']],
  ['blk.#.attn_v', ['self_attn.v_proj', 'attention.wv']],
  [
    'blk.#.attn_output',
    ['self_attn.o_proj', 'self_attn.out_proj', 'self_attn.dense', 'attention.wo', 'attention.dense'],
  ],
  ['blk.#.attn_q_a', ['self_attn.q_a_proj']],
  ['blk.#.attn_q_b', ['self_attn.q_b_proj']],
  ['blk.#.attn_kv_a_mqa', ['self_attn.kv_a_proj_with_mqa']],
  ['blk.#.attn_kv_b', ['self_attn.kv_b_proj']],
  ['blk.#.ffn_gate', ['mlp.gate_proj', 'feed_forward.gate_proj', 'feed_forward.w1']],
  [
    'blk.#.ffn_up',
    [
      'mlp.up_proj',
      'mlp.gate_up_proj',
      'mlp.fc1',
      'mlp.c_fc',
      'mlp.dense_h_to_4h',
      'feed_forward.up_proj',
      'feed_forward.w3',
    ],
  ],
  [
    'blk.#.ffn_down',
    ['mlp.down_proj', 'mlp.fc2', 'mlp.c_proj', 'mlp.dense_4h_to_h', 'feed_forward.down_proj', 'feed_forward.w2'],
  ],
  ['blk.#.ffn_gate_inp', ['mlp.gate', 'block_sparse_moe.gate', 'mlp.router', 'feed_forward.router']],
  ['blk.#.ffn_gate_exps', ['mlp.experts.#.gate_proj', 'block_sparse_moe.experts.#.w1']],
  ['blk.#.ffn_up_exps', ['mlp.experts.#.up_proj', 'block_sparse_moe.experts.#.w3']],
  ['blk.#.ffn_down_exps', ['mlp.experts.#.down_proj', 'block_sparse_moe.experts.#.w2']],
  ['blk.#.ffn_gate_shexp', ['mlp.shared_expert.gate_proj', 'mlp.shared_experts.gate_proj']],
  ['blk.#.ffn_up_shexp', ['mlp.shared_expert.up_proj', 'mlp.shared_experts.up_proj']],
  ['blk.#.ffn_down_shexp', ['mlp.shared_expert.down_proj', 'mlp.shared_experts.down_proj']],
];

/** Where the blocks of most families lie. */
const STEMS: readonly string[] = [
  'model.layers.#',
  'model.language_model.layers.#',
  'language_model.model.layers.#',
  'layers.#',
];

/** Families whose blocks have a name of their own, with their parts. */
const OTHER_BLOCKS: readonly (readonly [gguf: string, name: string])[] = [
  ['blk.#.attn_qkv', 'transformer.h.#.attn.c_attn'],
  ['blk.#.attn_qkv', 'h.#.attn.c_attn'],
  ['blk.#.attn_qkv', 'transformer.h.#.self_attention.query_key_value'],
  ['blk.#.attn_qkv', 'h.#.self_attention.query_key_value'],
  ['blk.#.attn_qkv', 'gpt_neox.layers.#.attention.query_key_value'],
  ['blk.#.attn_output', 'transformer.h.#.attn.c_proj'],
  ['blk.#.attn_output', 'h.#.attn.c_proj'],
  ['blk.#.attn_output', 'transformer.h.#.self_attention.dense'],
  ['blk.#.attn_output', 'h.#.self_attention.dense'],
  ['blk.#.attn_output', 'gpt_neox.layers.#.attention.dense'],
  ['blk.#.ffn_up', 'transformer.h.#.mlp.c_fc'],
  ['blk.#.ffn_up', 'h.#.mlp.c_fc'],
  ['blk.#.ffn_up', 'transformer.h.#.mlp.dense_h_to_4h'],
  ['blk.#.ffn_up', 'h.#.mlp.dense_h_to_4h'],
  ['blk.#.ffn_up', 'gpt_neox.layers.#.mlp.dense_h_to_4h'],
  ['blk.#.ffn_down', 'transformer.h.#.mlp.c_proj'],
  ['blk.#.ffn_down', 'h.#.mlp.c_proj'],
  ['blk.#.ffn_down', 'transformer.h.#.mlp.dense_4h_to_h'],
  ['blk.#.ffn_down', 'h.#.mlp.dense_4h_to_h'],
  ['blk.#.ffn_down', 'gpt_neox.layers.#.mlp.dense_4h_to_h'],
];

/** GGUF's name of a module and the checkpoint's, both with `#` for numbers. */
export interface NamePair {
  readonly gguf: string;
  readonly module: string;
}

export const NAME_PAIRS: readonly NamePair[] = [
  ...MODULES.flatMap(([gguf, names]) =>
    gguf.startsWith('blk.')
      ? STEMS.flatMap((stem) => names.map((name) => ({ gguf, module: `${stem}.${name}` })))
      : names.map((module) => ({ gguf, module })),
  ),
  ...OTHER_BLOCKS.map(([gguf, module]) => ({ gguf, module })),
];

const BY_MODULE: ReadonlyMap<string, string> = new Map(NAME_PAIRS.map(({ gguf, module }) => [module, gguf]));

/** GGUF's name of a module, `blk.3.ffn_down`; null for one that is not in the table. */
export function ggufName(module: string): string | null {
  const numbers: string[] = [];
  const template = module.replace(/(?<=^|\.)\d+(?=\.|$)/g, (number) => {
    numbers.push(number);
    return '#';
  });
  const gguf = BY_MODULE.get(template);
  return gguf === undefined ? null : gguf.replace('#', numbers[0] ?? '');
}

/** llama.cpp leaves the choice of experts as it is. */
export function isQuantizable(gguf: string): boolean {
  return !gguf.includes('ffn_gate_inp');
}
