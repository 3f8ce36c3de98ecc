import { isJsonObject, type JsonObject } from '@fewbit/core';

/** What the forward pass needs to know of a Llama's `config.json`. */
export interface LlamaConfig {
  readonly vocabulary: number;
  readonly hidden: number;
  readonly layers: number;
  readonly heads: number;
  /** Fewer than `heads` where several of them share keys and values (grouped-query attention). */
  readonly keyValueHeads: number;
  readonly headDim: number;
  /** The longest text, in tokens. */
  readonly context: number;
  readonly epsilon: number;
  readonly ropeTheta: number;
}

/** @throws Error for a model that this forward pass would compute wrongly. */
export function llamaConfig(json: JsonObject | null): LlamaConfig {
  const config = json ?? {};
  expect('model_type', config.model_type, 'llama');
  expect('hidden_act', config.hidden_act, 'silu');
  // transformers 5 writes rope_parameters, earlier ones rope_theta and, for longer contexts, rope_scaling.
  const rope = isJsonObject(config.rope_parameters) ? config.rope_parameters : config;
  if (rope !== config) expect('rope_parameters.rope_type', rope.rope_type ?? 'default', 'default');
  expect('rope_scaling', config.rope_scaling ?? null, null);
  const [hidden, heads] = [positive(config, 'hidden_size'), positive(config, 'num_attention_heads')];
  const keyValueHeads = config.num_key_value_heads == null ? heads : positive(config, 'num_key_value_heads');
  expect('the remainder of num_attention_heads by num_key_value_heads', heads % keyValueHeads, 0);
  return {
    ...{ hidden, heads, keyValueHeads },
    vocabulary: positive(config, 'vocab_size'),
    layers: positive(config, 'num_hidden_layers'),
    headDim: config.head_dim == null ? hidden / heads : positive(config, 'head_dim'),
    context: positive(config, 'max_position_embeddings'),
    epsilon: positive(config, 'rms_norm_eps'),
    ropeTheta: rope.rope_theta === undefined ? 10_000 : positive(rope, 'rope_theta'),
  };
}

function positive(config: JsonObject, name: string): number {
  const value = config[name];
  if (typeof value === 'number' && value > 0) return value;
  throw new Error(`config.json: "${name}" is ${JSON.stringify(value)}; expected a number above 0`);
}

function expect(name: string, seen: unknown, allowed: unknown): void {
  if (seen === allowed) return;
  throw new Error(`config.json: ${name} is ${JSON.stringify(seen)}; this example runs ${JSON.stringify(allowed)} only`);
}
