import {
  createReferenceBackend,
  roundingTo,
  type FloatDtype,
  type InferenceOperations,
  type LinearLayer,
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
  const linear = async (outFeatures: number, inFeatures: number): Promise<LinearLayer> => {
    const values = new Uint8Array(numbers(outFeatures * inFeatures).buffer);
    const weight = { kind: 'float', outFeatures, inFeatures, dtype: 'F32', values } as const;
    return inference.loadLinear({ weight, bias: null, activations: null, dtype });
  };
  const layers: LlamaLayer[] = [];
  for (let index = 0; index < SMALL.layers; index += 1) {
    layers.push({
      inputNorm: numbers(hidden),
      query: await linear(heads * headDim, hidden),
      key: await linear(keyValueHeads * headDim, hidden),
      value: await linear(keyValueHeads * headDim, hidden),
      output: await linear(hidden, heads * headDim),
      attentionNorm: numbers(hidden),
      gate: await linear(16, hidden),
      up: await linear(16, hidden),
      down: await linear(hidden, 16),
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
    head: await linear(vocabulary, hidden),
  };
}
