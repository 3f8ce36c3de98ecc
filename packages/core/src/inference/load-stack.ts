import type { MaybePromise } from '../contracts/quantizing.ts';
import type { InferenceOperations, LinearLayer, LinearRequest } from '../contracts/inference.ts';
import { stackLinears, type StackPart } from './stack-linear.ts';

/** Layers that run as one where they can. */
export interface StackedLayers {
  /** How many layers the backend holds for them: 1 where they are stacked. */
  readonly layers: number;
  /** From activations [M, K] to the results of each, in order. They are the caller's to keep. */
  readonly forward: (x: Float32Array) => Promise<readonly Float32Array[]>;
  readonly release: () => void;
}

/** Loads layers that take the same activations, as one where `stackLinears` can make one of them. */
export async function loadStack(
  inference: InferenceOperations,
  requests: readonly [LinearRequest, ...LinearRequest[]],
): Promise<StackedLayers> {
  const stack = stackLinears(requests);
  const layers: LinearLayer[] = [];
  try {
    for (const request of stack === null ? requests : [stack.request]) layers.push(await inference.loadLinear(request));
  } catch (error) {
    for (const layer of layers) layer.release();
    throw error;
  }
  return {
    layers: layers.length,
    async forward(x) {
      const results: Float32Array[] = [];
      for (const layer of layers) {
        const y: MaybePromise<Float32Array> = layer.forward(x);
        results.push(
          ...cut(await y, layer.outFeatures, stack?.parts ?? [{ first: 0, outFeatures: layer.outFeatures }]),
        );
      }
      return results;
    },
    release() {
      for (const layer of layers) layer.release();
    },
  };
}

/** Columns of [M, outFeatures], part by part. */
function cut(y: Float32Array, width: number, parts: readonly StackPart[]): readonly Float32Array[] {
  const rows = y.length / width;
  return parts.map(({ first, outFeatures }) => {
    const part = new Float32Array(rows * outFeatures);
    for (let row = 0; row < rows; row += 1) {
      const start = row * width + first;
      part.set(y.subarray(start, start + outFeatures), row * outFeatures);
    }
    return part;
  });
}
