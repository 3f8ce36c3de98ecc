import { createCache } from './cache.ts';
import { forward } from './forward.ts';
import type { Llama } from './model.ts';

export interface GenerateOptions {
  /** How many tokens to write. */
  readonly count: number;
  /** 0: always the likeliest token. Higher: more surprise. */
  readonly temperature: number;
  readonly seed: number;
}

export interface Generated {
  readonly ids: Uint8Array;
  /** For all tokens but the first, which waits for the prompt. */
  readonly secondsPerToken: number;
}

/**
 * Writes on from a prompt, token by token. Where the context is full, its second half becomes the beginning of a new one.
 *
 * @throws RangeError for a prompt that is empty or longer than the context.
 */
export async function generate(
  model: Llama,
  prompt: Uint8Array,
  { count, temperature, seed }: GenerateOptions,
): Promise<Generated> {
  if (prompt.length === 0) throw new RangeError('a prompt has one token or more');
  const random = seededRandom(seed);
  const text = [...prompt];
  let cache = createCache(model.config);
  let logits = await forward(model, text, cache, 1);
  const begin = performance.now();
  for (let written = 1; written <= count; written += 1) {
    const next = temperature === 0 ? likeliest(logits) : draw(logits, temperature, random());
    text.push(next);
    if (written === count) break;
    const full = cache.length === cache.capacity;
    if (full) cache = createCache(model.config);
    logits = await forward(model, full ? text.slice(-Math.ceil(cache.capacity / 2)) : [next], cache, 1);
  }
  const seconds = (performance.now() - begin) / 1000;
  return { ids: Uint8Array.from(text.slice(prompt.length)), secondsPerToken: seconds / Math.max(1, count - 1) };
}

function likeliest(logits: Float32Array): number {
  return logits.reduce((best, logit, id) => (logit > (logits[best] ?? -Infinity) ? id : best), 0);
}

/** The token at the point `at` of [0, 1) when the probabilities lie side by side. */
function draw(logits: Float32Array, temperature: number, at: number): number {
  const highest = logits[likeliest(logits)] ?? 0;
  const weights = logits.map((logit) => Math.exp((logit - highest) / temperature));
  let rest = at * weights.reduce((sum, weight) => sum + weight, 0);
  const found = weights.findIndex((weight) => (rest -= weight) < 0);
  return found < 0 ? likeliest(logits) : found;
}

/** Numbers of [0, 1) that depend on the seed alone (mulberry32). */
function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
