import { createCache } from './cache.ts';
import { forward } from './forward.ts';
import type { Llama } from './model.ts';

/** Tokens [start, end) of a text; the last `scored` of them are new. */
export interface Window {
  readonly start: number;
  readonly end: number;
  readonly scored: number;
}

/**
 * The windows in which a text is read: `context` tokens long, `stride` apart, from its beginning to where one reaches its end.
 * Each token but the first is scored once, in the first window that holds it.
 */
export function windowsOf(length: number, context: number, stride: number): readonly Window[] {
  const windows: Window[] = [];
  for (let start = 0, done = 1; done < length; start += stride) {
    const end = Math.min(start + context, length);
    windows.push({ start, end, scored: end - done });
    done = end;
  }
  return windows;
}

export interface Perplexity {
  /** e to the mean cost of a scored token in nats. */
  readonly perplexity: number;
  /** Tokens that count. */
  readonly scored: number;
  /** Tokens that passed through the model. */
  readonly passed: number;
  readonly seconds: number;
}

/**
 * How well a model predicts a text: each token but the first, from the tokens before it in its window. Windows have the
 * model's context and overlap by half, so outside of the first one a token has half a context or more before it. The last
 * token of a window is predicted and not passed through.
 */
export async function perplexityOf(model: Llama, ids: Uint8Array): Promise<Perplexity> {
  const { context, vocabulary } = model.config;
  const begin = performance.now();
  let [cost, scored, passed] = [0, 0, 0];
  for (const window of windowsOf(ids.length, context, Math.floor(context / 2))) {
    const tokens = ids.subarray(window.start, window.end);
    const logits = await forward(model, tokens.subarray(0, -1), createCache(model.config), window.scored);
    for (let i = 0; i < window.scored; i += 1) {
      const target = tokens[tokens.length - window.scored + i] ?? 0;
      cost += costOf(logits.subarray(i * vocabulary, (i + 1) * vocabulary), target);
    }
    scored += window.scored;
    passed += tokens.length - 1;
  }
  return { perplexity: Math.exp(cost / scored), scored, passed, seconds: (performance.now() - begin) / 1000 };
}

/** The negative logarithm of the target's probability. */
function costOf(logits: Float32Array, target: number): number {
  const highest = logits.reduce((high, logit) => Math.max(high, logit), -Infinity);
  const sum = logits.reduce((total, logit) => total + Math.exp(logit - highest), 0);
  return highest + Math.log(sum) - (logits[target] ?? 0);
}
