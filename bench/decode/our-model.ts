import { fromFloat32, loadStack, toFloat32, type InferenceOperations, type LinearRequest } from '@fewbit/core';
import { createCache } from '@fewbit/example-tiny-llama/cache.ts';
import { forward } from '@fewbit/example-tiny-llama/forward.ts';
import type { Llama, LlamaLayer } from '@fewbit/example-tiny-llama/model.ts';
import { createRope } from '@fewbit/example-tiny-llama/rope.ts';
import { createWasmBackend, type WasmBackendOptions } from '@fewbit/kernels-wasm';
import { createProblem, requestOf } from '../linear/problem.ts';
import { LINEARS, MODEL } from './shape.ts';

export interface Decoder {
  readonly backend: string;
  readonly packing: string;
  /** Milliseconds for each of `count` tokens after a prompt of as many as given. */
  readonly decode: (prompt: number, count: number) => Promise<number>;
}

/**
 * The same shapes with random int4 weights in groups of 32, scales in bf16 as a checkpoint in bf16 gets them, int8 activations,
 * one thread, through the example's forward pass.
 */
export async function createDecoder(): Promise<Decoder> {
  const options: WasmBackendOptions = { threads: 1 };
  const backend = await createWasmBackend(options);
  if (backend?.inference == null) throw new Error('no backend runs layers here');
  const model = await randomLlama(backend.inference);
  return {
    backend: backend.name,
    packing: model.head.packing,
    decode: async (prompt, count) => {
      const cache = createCache(MODEL);
      await forward(model, new Uint32Array(prompt).fill(300), cache, 1);
      const started = performance.now();
      for (let token = 0; token < count; token += 1) await forward(model, [300], cache);
      return (performance.now() - started) / count;
    },
  };
}

async function randomLlama(inference: InferenceOperations): Promise<Llama> {
  const ones = new Float32Array(MODEL.hidden).fill(1);
  const layers: LlamaLayer[] = [];
  for (let index = 0; index < MODEL.layers; index += 1) {
    const of = (name: string): LinearRequest => randomLinear(LINEARS[name], index);
    layers.push({
      inputNorm: ones,
      queryKeyValue: await loadStack(inference, [of('attn_q'), of('attn_k'), of('attn_v')]),
      output: await inference.loadLinear(of('attn_output')),
      attentionNorm: ones,
      gateUp: await loadStack(inference, [of('ffn_gate'), of('ffn_up')]),
      down: await inference.loadLinear(of('ffn_down')),
    });
  }
  return {
    config: MODEL,
    rope: createRope(MODEL.context, MODEL.headDim, MODEL.ropeTheta),
    round: (x) => x,
    embeddings: new Float32Array(MODEL.vocabulary * MODEL.hidden).fill(0.5),
    layers,
    norm: ones,
    head: await inference.loadLinear(randomLinear([MODEL.vocabulary, MODEL.hidden], MODEL.layers)),
  };
}

function randomLinear([outFeatures, inFeatures]: readonly [number, number] = [0, 0], seed: number): LinearRequest {
  const request = requestOf(createProblem({ kind: 'int4', rows: 0, outFeatures, inFeatures }, seed + 1));
  const { weight } = request;
  if (weight.kind !== 'affine') throw new Error(`a problem of int4 became a weight of kind ${weight.kind}`);
  const scale = fromFloat32(toFloat32(weight.scale, weight.scaleDtype), 'BF16').slice();
  return { ...request, weight: { ...weight, scale, scaleDtype: 'BF16' } };
}
