import { createReferenceBackend, type LinearRequest } from '@fewbit/core';

/** How far results are from others that should be the same. */
export interface Agreement {
  readonly results: number;
  readonly largest: number;
  readonly mean: number;
  /** The largest error over the sum of absolute products, which the contract bounds. */
  readonly relative: number;
  /** 1 less the cosine between both. */
  readonly angle: number;
  /** How many results differ in their bits. */
  readonly different: number;
}

/** What an Agreement is made of: sums that can be added up over layers. */
export interface Differences {
  readonly results: number;
  readonly largest: number;
  readonly total: number;
  readonly relative: number;
  readonly dot: number;
  readonly seenSquares: number;
  readonly knownSquares: number;
  readonly different: number;
}

export const NONE: Differences = {
  ...{ results: 0, largest: 0, total: 0, relative: 0, dot: 0, seenSquares: 0, knownSquares: 0, different: 0 },
};

/** @param sizes Sums of absolute products of each result. */
export function differencesOf(seen: Float32Array, known: Float32Array, sizes: Float64Array): Differences {
  const sums = { ...NONE };
  for (const [at, value] of known.entries()) {
    const own = seen[at] ?? NaN;
    const error = Math.abs(own - value);
    sums.largest = Math.max(sums.largest, error);
    sums.total += error;
    sums.relative = Math.max(sums.relative, error === 0 ? 0 : error / (sizes[at] ?? NaN));
    sums.dot += own * value;
    sums.seenSquares += own * own;
    sums.knownSquares += value * value;
    if (!Object.is(own, value)) sums.different += 1;
  }
  return { ...sums, results: known.length };
}

export function added(a: Differences, b: Differences): Differences {
  return {
    results: a.results + b.results,
    largest: Math.max(a.largest, b.largest),
    total: a.total + b.total,
    relative: Math.max(a.relative, b.relative),
    dot: a.dot + b.dot,
    seenSquares: a.seenSquares + b.seenSquares,
    knownSquares: a.knownSquares + b.knownSquares,
    different: a.different + b.different,
  };
}

export function agreementOf(differences: Differences): Agreement {
  const { results, largest, total, relative, dot, seenSquares, knownSquares, different } = differences;
  const angle = 1 - Math.min(1, dot / Math.sqrt(seenSquares * knownSquares));
  return { results, largest, mean: total / results, relative, angle, different };
}

const { inference: reference } = createReferenceBackend();

/** A layer, activations, what the reference makes of them, and how large the products are that it adds up. */
export interface Known {
  readonly request: LinearRequest;
  readonly x: Float32Array;
  readonly answers: Float32Array;
  readonly sizes: Float64Array;
}

export async function knownAnswers(request: LinearRequest, x: Float32Array): Promise<Known> {
  const { inFeatures, outFeatures } = request.weight;
  const layer = await reference?.loadLinear(request);
  const plain = await reference?.loadLinear({ ...request, activations: null, bias: null, dtype: 'F32' });
  if (layer === undefined || plain === undefined) throw new TypeError('the reference runs layers');
  const unit = Float32Array.from({ length: inFeatures ** 2 }, (_, i) => (i % (inFeatures + 1) === 0 ? 1 : 0));
  const columns = await plain.forward(unit);
  const answers = (await layer.forward(x)).slice();
  const sizes = Float64Array.from(answers, (_, at) => {
    const [m, n] = [Math.floor(at / outFeatures), at % outFeatures];
    let size = Math.abs(request.bias?.[n] ?? 0);
    for (let k = 0; k < inFeatures; k += 1) {
      size += Math.abs((x[m * inFeatures + k] ?? 0) * (columns[k * outFeatures + n] ?? 0));
    }
    return size;
  });
  return { request, x, answers, sizes };
}
