import { createReferenceBackend, type InferenceOperations, type LinearRequest } from '@fewbit/core';
import { LINEAR_TRIALS, type LinearTrial } from '@fewbit/core/testing';

export function trialNamed(name: string): LinearTrial {
  const trial = LINEAR_TRIALS.find((one) => one.name === name);
  if (trial === undefined) throw new Error(`no trial "${name}"`);
  return trial;
}

export const reference: InferenceOperations = referenceOperations();

function referenceOperations(): InferenceOperations {
  const { inference } = createReferenceBackend();
  if (inference === null) throw new Error('the reference runs layers');
  return inference;
}

/** Largest error in units of what is allowed: 1e-5 of the sum of absolute products. Of layers that run in F32. */
export async function errorOf(
  request: LinearRequest,
  x: Float32Array,
  seen: Float32Array,
): Promise<{ readonly relative: number; readonly different: number }> {
  const { inFeatures, outFeatures } = request.weight;
  const expected = await (await reference.loadLinear(request)).forward(x);
  const plain = await reference.loadLinear({ ...request, activations: null, bias: null });
  const unit = Float32Array.from({ length: inFeatures ** 2 }, (_, i) => (i % (inFeatures + 1) === 0 ? 1 : 0));
  const columns = await plain.forward(unit);
  let relative = 0;
  let different = 0;
  for (const [at, value] of expected.entries()) {
    const row = Math.floor(at / outFeatures) * inFeatures;
    let size = Math.abs(request.bias?.[at % outFeatures] ?? 0);
    for (let k = 0; k < inFeatures; k += 1) {
      size += Math.abs((x[row + k] ?? 0) * (columns[k * outFeatures + (at % outFeatures)] ?? 0));
    }
    const error = Math.abs((seen[at] ?? NaN) - value);
    if (error !== 0) different += 1;
    relative = Math.max(relative, error === 0 ? 0 : error / size);
  }
  return { relative, different };
}
