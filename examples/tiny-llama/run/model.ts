import { listLogicalTensors, type CheckpointFolder } from '@fewbit/adapters-safetensors';
import {
  loadStack,
  readLinear,
  readValues,
  roundingTo,
  toFloat32,
  type FloatDtype,
  type InferenceBackend,
  type LinearLayer,
  type LinearRequest,
  type LogicalTensor,
  type StackedLayers,
  type TensorClass,
} from '@fewbit/core';
import { llamaConfig, type LlamaConfig } from './config.ts';
import { createRope, type Rope } from './rope.ts';

/** A Llama that is ready to run: its linear layers are the backend's, the rest is f32. */
export interface Llama {
  readonly config: LlamaConfig;
  readonly rope: Rope;
  /** Rounds numbers to the dtype that linear layers take, in place. */
  readonly round: (x: Float32Array) => Float32Array;
  /** [vocabulary, hidden]. */
  readonly embeddings: Float32Array;
  readonly layers: readonly LlamaLayer[];
  readonly norm: Float32Array;
  readonly head: LinearLayer;
}

export interface LlamaLayer {
  readonly inputNorm: Float32Array;
  /** Three layers that take the same activations: one call of the backend, where they are stored alike. */
  readonly queryKeyValue: StackedLayers;
  readonly output: LinearLayer;
  readonly attentionNorm: Float32Array;
  readonly gateUp: StackedLayers;
  readonly down: LinearLayer;
}

export interface LoadOptions {
  readonly backend: InferenceBackend;
  readonly tensorClasses: ReadonlyMap<string, TensorClass>;
  /** What linear layers compute in. */
  readonly dtype: FloatDtype;
}

/** Loads a Llama, quantized by fewbit or torchao in any of its layers, or not at all. The checkpoint may be closed after. */
export async function loadLlama(
  checkpoint: CheckpointFolder,
  { backend, tensorClasses, dtype }: LoadOptions,
): Promise<Llama> {
  const config = llamaConfig(checkpoint.config);
  const tensors = new Map(listLogicalTensors(checkpoint).tensors.map((tensor) => [tensor.name, tensor]));
  const sources = checkpoint.shards.map(({ source }) => source);
  const shared = { sources, tensorClasses, backend: backend.quantizing };

  function named(name: string): LogicalTensor {
    const tensor = tensors.get(name);
    if (tensor !== undefined) return tensor;
    throw new Error(`the checkpoint has no tensor "${name}"`);
  }
  async function values(name: string): Promise<Float32Array> {
    const { bytes, dtype: stored } = await readValues({ ...shared, tensor: named(name) });
    return toFloat32(bytes, stored);
  }
  async function request(module: string): Promise<LinearRequest> {
    const bias = tensors.get(`${module}.bias`) ?? null;
    return readLinear({ ...shared, weight: named(`${module}.weight`), bias, dtype });
  }
  async function linear(module: string): Promise<LinearLayer> {
    return backend.inference.loadLinear(await request(module));
  }

  const layers: LlamaLayer[] = [];
  for (let index = 0; index < config.layers; index += 1) {
    const at = `model.layers.${index}`;
    layers.push({
      inputNorm: await values(`${at}.input_layernorm.weight`),
      queryKeyValue: await loadStack(backend.inference, [
        await request(`${at}.self_attn.q_proj`),
        await request(`${at}.self_attn.k_proj`),
        await request(`${at}.self_attn.v_proj`),
      ]),
      output: await linear(`${at}.self_attn.o_proj`),
      attentionNorm: await values(`${at}.post_attention_layernorm.weight`),
      gateUp: await loadStack(backend.inference, [
        await request(`${at}.mlp.gate_proj`),
        await request(`${at}.mlp.up_proj`),
      ]),
      down: await linear(`${at}.mlp.down_proj`),
    });
  }
  return {
    config,
    rope: createRope(config.context, config.headDim, config.ropeTheta),
    round: inPlace(dtype),
    embeddings: await values('model.embed_tokens.weight'),
    layers,
    norm: await values('model.norm.weight'),
    // A model whose head is its embeddings stores them once.
    head: await linear(tensors.has('lm_head.weight') ? 'lm_head' : 'model.embed_tokens'),
  };
}

/** Gives the memory of the layers back to the backend. */
export function releaseLlama({ layers, head }: Llama): void {
  head.release();
  for (const { queryKeyValue, output, gateUp, down } of layers) {
    for (const layer of [queryKeyValue, output, gateUp, down]) layer.release();
  }
}

function inPlace(dtype: FloatDtype): Llama['round'] {
  if (dtype === 'F32') return (x) => x;
  const round = roundingTo(dtype);
  return (x) => {
    for (let i = 0; i < x.length; i += 1) x[i] = round(x[i] ?? 0);
    return x;
  };
}
