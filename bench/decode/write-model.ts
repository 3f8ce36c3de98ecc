import { closeSync, openSync, writeSync } from 'node:fs';
import { byteLength, ggufHead, padded, type GgufTensor } from './gguf.ts';
import { LINEARS, MODEL } from './shape.ts';

/** ggml's q4_0: a scale in f16, then 32 nibbles. */
const BLOCK = 18;
const NOISE_BLOCKS = 65_536;

/** Writes a Llama with random weights in q4_0, its head tied to the embeddings. */
export function writeModel(file: string): void {
  const tensors: readonly GgufTensor[] = [
    { name: 'token_embd.weight', shape: [MODEL.vocabulary, MODEL.hidden], type: 'Q4_0' },
    ...Array.from({ length: MODEL.layers }, (_, layer) => [
      norm(`blk.${layer}.attn_norm.weight`),
      norm(`blk.${layer}.ffn_norm.weight`),
      ...Object.entries(LINEARS).map(([name, shape]): GgufTensor => ({
        name: `blk.${layer}.${name}.weight`,
        shape,
        type: 'Q4_0',
      })),
    ]).flat(),
    norm('output_norm.weight'),
  ];
  const output = openSync(file, 'w');
  writeSync(output, ggufHead(metadata(), tensors));
  const [noise, ones] = [q4Noise(), new Uint8Array(new Float32Array(MODEL.hidden).fill(1).buffer)];
  for (const tensor of tensors) {
    const length = byteLength(tensor);
    const source = tensor.type === 'F32' ? ones : noise;
    for (let at = 0; at < length; at += source.length) {
      writeSync(output, source, 0, Math.min(source.length, length - at));
    }
    writeSync(output, new Uint8Array(padded(length) - length));
  }
  closeSync(output);
}

function norm(name: string): GgufTensor {
  return { name, shape: [MODEL.hidden], type: 'F32' };
}

/** Blocks of random nibbles under scales from 2^-8 to 2^-7. */
function q4Noise(): Uint8Array {
  const bytes = new Uint8Array(NOISE_BLOCKS * BLOCK);
  let state = 0x9e3779b9;
  for (let at = 0; at < bytes.length; at += 1) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    // The high byte of a little-endian f16 holds the sign, the exponent and two bits of the mantissa.
    bytes[at] = at % BLOCK === 1 ? 0x1c | (state & 3) : state;
  }
  return bytes;
}

/** A vocabulary as SentencePiece's: three special tokens, the bytes, and words that no text has. */
function metadata(): Parameters<typeof ggufHead>[0] {
  const tokens = ['<unk>', '<s>', '</s>'];
  for (let byte = 0; byte < 256; byte += 1) tokens.push(`<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`);
  const words = tokens.length;
  while (tokens.length < MODEL.vocabulary) tokens.push(`\u2581w${tokens.length}`);
  const NORMAL = 1;
  const types = Int32Array.from(tokens, (_, id) => (id === 0 ? 2 : id < 3 ? 3 : id < words ? 6 : NORMAL));
  return {
    'general.architecture': 'llama',
    'general.name': 'random',
    'general.file_type': 2,
    'llama.vocab_size': MODEL.vocabulary,
    'llama.context_length': MODEL.context,
    'llama.embedding_length': MODEL.hidden,
    'llama.block_count': MODEL.layers,
    'llama.feed_forward_length': MODEL.intermediate,
    'llama.attention.head_count': MODEL.heads,
    'llama.attention.head_count_kv': MODEL.keyValueHeads,
    'llama.attention.layer_norm_rms_epsilon': { float: MODEL.epsilon },
    'llama.rope.dimension_count': MODEL.headDim,
    'llama.rope.freq_base': { float: MODEL.ropeTheta },
    'tokenizer.ggml.model': 'llama',
    'tokenizer.ggml.tokens': tokens,
    'tokenizer.ggml.scores': new Float32Array(tokens.length),
    'tokenizer.ggml.token_type': types,
    'tokenizer.ggml.unknown_token_id': 0,
    'tokenizer.ggml.bos_token_id': 1,
    'tokenizer.ggml.eos_token_id': 2,
  };
}
