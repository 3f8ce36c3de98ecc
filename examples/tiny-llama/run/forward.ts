import { attend } from './attention.ts';
import type { KvCache, LayerCache } from './cache.ts';
import type { Llama, LlamaLayer } from './model.ts';
import { rotate } from './rope.ts';

/**
 * Passes tokens through the model, all at once or one by one, after those that the cache holds; they join it.
 *
 * @param wanted For how many of the last tokens to compute logits. Default: all.
 * @returns Logits of what comes next after each wanted token: f32[wanted, vocabulary].
 * @throws RangeError for more tokens than the cache has room for, and for ids that are no tokens.
 */
export async function forward(
  model: Llama,
  ids: ArrayLike<number>,
  cache: KvCache,
  wanted: number = ids.length,
): Promise<Float32Array> {
  const { config, round } = model;
  const start = cache.length;
  if (start + ids.length > cache.capacity) {
    throw new RangeError(`${start + ids.length} tokens do not fit into a cache of ${cache.capacity}`);
  }
  const x = embed(model, ids);
  for (const [index, memory] of cache.layers.entries()) {
    const layer = model.layers[index];
    if (layer === undefined) throw new RangeError('the cache was made for another model');
    add(x, await attention(model, layer, round(rmsNorm(x, layer.inputNorm, config.epsilon)), memory, start));
    add(x, await mlp(model, layer, round(rmsNorm(x, layer.attentionNorm, config.epsilon))));
  }
  cache.length += ids.length;
  const last = x.subarray((ids.length - wanted) * config.hidden);
  return (await model.head.forward(round(rmsNorm(last, model.norm, config.epsilon)))).slice();
}

// What `forward` of one layer gives is the backend's memory, good until its next one: each is used up before the next layer runs.
const NOTHING = new Float32Array(0);

async function attention(
  { config, rope, round }: Llama,
  { queryKeyValue, output }: LlamaLayer,
  x: Float32Array,
  memory: LayerCache,
  start: number,
): Promise<Float32Array> {
  const width = config.keyValueHeads * config.headDim;
  const [queries = NOTHING, keys = NOTHING, values = NOTHING] = await queryKeyValue.forward(x);
  rotate(queries, config.heads * config.headDim, start, rope);
  rotate(keys, width, start, rope);
  memory.keys.set(keys, start * width);
  memory.values.set(values, start * width);
  return output.forward(round(attend(queries, memory, start, config)));
}

async function mlp({ round }: Llama, { gateUp, down }: LlamaLayer, x: Float32Array): Promise<Float32Array> {
  const [gates = NOTHING, raised = NOTHING] = await gateUp.forward(x);
  const gated = gates.map((value) => value / (1 + Math.exp(-value)));
  return down.forward(round(gated.map((value, i) => value * (raised[i] ?? 0))));
}

function embed({ embeddings, config: { hidden, vocabulary } }: Llama, ids: ArrayLike<number>): Float32Array {
  const x = new Float32Array(ids.length * hidden);
  for (let token = 0; token < ids.length; token += 1) {
    const id = ids[token] ?? -1;
    if (!Number.isInteger(id) || id < 0 || id >= vocabulary) throw new RangeError(`${id} is no token of ${vocabulary}`);
    x.set(embeddings.subarray(id * hidden, (id + 1) * hidden), token * hidden);
  }
  return x;
}

/** Each row divided by its root mean square, times the weight. */
export function rmsNorm(x: Float32Array, weight: Float32Array, epsilon: number): Float32Array {
  const width = weight.length;
  const y = new Float32Array(x.length);
  for (let row = 0; row < x.length; row += width) {
    let squares = 0;
    for (let i = row; i < row + width; i += 1) squares += (x[i] ?? 0) ** 2;
    const factor = 1 / Math.sqrt(squares / width + epsilon);
    for (let i = 0; i < width; i += 1) y[row + i] = (x[row + i] ?? 0) * factor * (weight[i] ?? 0);
  }
  return y;
}

function add(x: Float32Array, other: Float32Array): void {
  for (let i = 0; i < x.length; i += 1) x[i] = (x[i] ?? 0) + (other[i] ?? 0);
}
