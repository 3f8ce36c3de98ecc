import {
  createReferenceBackend,
  loadStack,
  roundingTo,
  type FloatDtype,
  type InferenceOperations,
  type LinearRequest,
} from '@fewbit/core';
import { seededRandom } from '@fewbit/core/testing';
import type { LlamaConfig } from '../config.ts';
import type { Llama, LlamaLayer } from '../model.ts';
import { createRope } from '../rope.ts';

export const SMALL: LlamaConfig = {
  ...{ vocabulary: 12, hidden: 8, layers: 2, heads: 4, keyValueHeads: 2, headDim: 4, context: 10 },
  ...{ epsilon: 1e-5, ropeTheta: 100 },
};

export function referenceInference(): InferenceOperations {
  const { inference } = createReferenceBackend();
  if (inference === null) throw new Error('the reference runs layers');
  return inference;
}

/** A Llama with random weights, large enough to make tokens differ. */
export async function smallLlama(inference: InferenceOperations, dtype: FloatDtype = 'F32'): Promise<Llama> {
  const random = seededRandom(3);
  const { hidden, heads, keyValueHeads, headDim, vocabulary } = SMALL;
  const numbers = (count: number): Float32Array => new Float32Array(count).map(() => 2 * random() - 1);
  const linear = (outFeatures: number, inFeatures: number): LinearRequest => {
    const values = new Uint8Array(numbers(outFeatures * inFeatures).buffer);
    const weight = { kind: 'float', outFeatures, inFeatures, dtype: 'F32', values } as const;
    return { weight, bias: null, activations: null, dtype };
  };
  const layers: LlamaLayer[] = [];
  for (let index = 0; index < SMALL.layers; index += 1) {
    layers.push({
      inputNorm: numbers(hidden),
      queryKeyValue: await loadStack(inference, [
        linear(heads * headDim, hidden),
        linear(keyValueHeads * headDim, hidden),
        linear(keyValueHeads * headDim, hidden),
      ]),
      output: await inference.loadLinear(linear(hidden, heads * headDim)),
      attentionNorm: numbers(hidden),
      gateUp: await loadStack(inference, [linear(16, hidden), linear(16, hidden)]),
      down: await inference.loadLinear(linear(hidden, 16)),
    });
  }
  const round = roundingTo(dtype);
  return {
    config: SMALL,
    rope: createRope(SMALL.context, headDim, SMALL.ropeTheta),
    round: (x) => x.map(round),
    embeddings: numbers(vocabulary * hidden),
    layers,
    norm: numbers(hidden),
    head: await inference.loadLinear(linear(vocabulary, hidden)),
  };
}
