import { closeSync, ftruncateSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

export interface SyntheticTensor {
  readonly name: string;
  readonly shape: readonly [number, number];
}

const CHUNK = 16 * 1024 * 1024;

/**
 * A checkpoint of bf16 matrices in one shard. `data`: noise, from a fixed seed. `sparse`: a file with a hole where the
 * weights are, which takes no disk and reads as zeros.
 */
export function writeCheckpoint(
  directory: string,
  tensors: readonly SyntheticTensor[],
  fill: 'data' | 'sparse',
): number {
  mkdirSync(directory, { recursive: true });
  const header: Record<string, unknown> = { __metadata__: { format: 'pt' } };
  let offset = 0;
  for (const { name, shape } of tensors) {
    const end = offset + shape[0] * shape[1] * 2;
    header[name] = { dtype: 'BF16', shape, data_offsets: [offset, end] };
    offset = end;
  }
  const json = Buffer.from(JSON.stringify(header));
  const padded = Buffer.alloc(8 + Math.ceil(json.length / 8) * 8, ' ');
  padded.writeBigUInt64LE(BigInt(padded.length - 8));
  json.copy(padded, 8);
  const file = openSync(join(directory, 'model.safetensors'), 'w');
  writeSync(file, padded, 0, padded.length, 0);
  const chunk = noise(CHUNK);
  if (fill === 'sparse') ftruncateSync(file, padded.length + offset);
  else {
    for (let at = 0; at < offset; at += CHUNK) {
      writeSync(file, chunk, 0, Math.min(CHUNK, offset - at), padded.length + at);
    }
  }
  closeSync(file);
  writeFileSync(join(directory, 'config.json'), JSON.stringify({ model_type: 'llama', tie_word_embeddings: false }));
  return padded.length + offset;
}

/** bf16 noise in [-0.1, 0.1]: xorshift, so that a run can be repeated. */
export function noise(byteLength: number): Uint8Array {
  const values = new Uint16Array(byteLength / 2);
  const float = new Float32Array(1);
  const bits = new Uint32Array(float.buffer);
  let state = 0x9e3779b9;
  for (let at = 0; at < values.length; at += 1) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    float[0] = (state >> 8) / 83886080;
    values[at] = (bits[0] ?? 0) >>> 16;
  }
  return new Uint8Array(values.buffer);
}

/** As many 4096 x 4096 linear weights as asked for, under Llama's names. */
export function linears(count: number): SyntheticTensor[] {
  return Array.from({ length: count }, (_, layer) => ({
    name: `model.layers.${layer}.mlp.up_proj.weight`,
    shape: [4096, 4096] as const,
  }));
}
