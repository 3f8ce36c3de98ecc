import type { LayerCache } from './cache.ts';
import type { LlamaConfig } from './config.ts';

/**
 * Causal attention of queries [tokens, heads * headDim] to what the cache holds up to each of them; the first query is at
 * position `start`. Several heads of queries share one of keys and values.
 */
export function attend(
  queries: Float32Array,
  { keys, values }: LayerCache,
  start: number,
  { heads, keyValueHeads, headDim }: Pick<LlamaConfig, 'heads' | 'keyValueHeads' | 'headDim'>,
): Float32Array {
  const [width, cacheWidth] = [heads * headDim, keyValueHeads * headDim];
  const tokens = queries.length / width;
  const scale = 1 / Math.sqrt(headDim);
  const weights = new Float32Array(start + tokens);
  const output = new Float32Array(queries.length);
  for (let token = 0; token < tokens; token += 1) {
    const seen = weights.subarray(0, start + token + 1);
    for (let head = 0; head < heads; head += 1) {
      const query = token * width + head * headDim;
      const shared = Math.floor((head * keyValueHeads) / heads) * headDim;
      for (let position = 0; position < seen.length; position += 1) {
        const key = position * cacheWidth + shared;
        let sum = 0;
        for (let i = 0; i < headDim; i += 1) sum += (queries[query + i] ?? 0) * (keys[key + i] ?? 0);
        seen[position] = sum * scale;
      }
      softmax(seen);
      for (let position = 0; position < seen.length; position += 1) {
        const weight = seen[position] ?? 0;
        const value = position * cacheWidth + shared;
        for (let i = 0; i < headDim; i += 1) {
          output[query + i] = (output[query + i] ?? 0) + weight * (values[value + i] ?? 0);
        }
      }
    }
  }
  return output;
}

/** In place. */
function softmax(scores: Float32Array): void {
  const highest = scores.reduce((high, score) => Math.max(high, score), -Infinity);
  let sum = 0;
  for (let i = 0; i < scores.length; i += 1) {
    const power = Math.exp((scores[i] ?? 0) - highest);
    scores[i] = power;
    sum += power;
  }
  for (let i = 0; i < scores.length; i += 1) scores[i] = (scores[i] ?? 0) / sum;
}
