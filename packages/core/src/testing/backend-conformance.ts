import type { BlockView, QuantizingOperations } from '../contracts/quantizing.ts';
import type { FloatDtype } from '../dtype.ts';
import { FewbitError } from '../errors.ts';
import { exactnessOf } from '../exactness.ts';
import { createReferenceBackend } from '../reference/backend.ts';
import type { BackendFactory } from '../registry.ts';
import { TRIALS, type Trial } from './backend-trials.ts';
import { check, checkSameBytes, type ConformanceCase } from './conformance-case.ts';
import { checkAsPromised } from './trial-results.ts';
import { integerWithin, pick, randomWeights, seededRandom, WEIGHT_KINDS, type Random } from './random-weights.ts';

const DTYPES: readonly [FloatDtype, ...FloatDtype[]] = ['F32', 'BF16', 'F16'];
/** Random requests for each kind of weights, dtype and operation. */
const ROUNDS = 6;

/**
 * The suite that every backend passes: each quantizing operation against the reference, bit for bit or within the bound that the backend
 * states (`exactness`), on weights that are rounded, clamped or degenerate somewhere, in views of many shapes, at aligned and
 * unaligned addresses.
 *
 * Each case makes a backend of its own and closes it; one that the environment lacks (a null from the factory) fails.
 */
export function backendConformance(factory: BackendFactory): readonly ConformanceCase[] {
  const agreement = Object.entries(TRIALS).flatMap(([operation, { trial, consecutive }]) =>
    DTYPES.map((dtype, index) => ({
      name: `${operation} of ${dtype} weights has the reference's bits, or is as near as is promised`,
      run: () => withBackend(factory, (operations) => agrees(operations, trial, dtype, consecutive, 100 + index)),
    })),
  );
  return [
    {
      name: 'it says how exact it is, so that nobody has to guess',
      run: () => withBackend(factory, statesExactness),
    },
    ...agreement,
    {
      name: 'a buffer of allocate holds what is put into it until it is released',
      run: () => withBackend(factory, keepsBuffers),
    },
    {
      name: 'a result stays until the next operation, whatever is allocated in between, and statistics stay for good',
      run: () => withBackend(factory, keepsResults),
    },
    { name: 'an input is left as it was', run: () => withBackend(factory, leavesInputs) },
  ];
}

async function withBackend(
  factory: BackendFactory,
  run: (operations: QuantizingOperations) => Promise<void>,
): Promise<void> {
  const backend = await factory.create();
  if (backend === null) {
    throw new FewbitError('FEWBIT_BACKEND_UNAVAILABLE', {
      message: `this environment lacks what the backend ${factory.name} needs`,
    });
  }
  try {
    await run(backend.quantizing);
  } finally {
    backend.close();
    backend.close();
  }
}

function statesExactness(operations: QuantizingOperations): Promise<void> {
  const stated = exactnessOf({ quantizing: operations });
  check(stated !== 'unstated', () => 'quantizing.exactness is neither "bit-exact" nor a bound');
  return Promise.resolve();
}

async function agrees(
  operations: QuantizingOperations,
  trial: Trial,
  dtype: FloatDtype,
  consecutive: boolean,
  seed: number,
): Promise<void> {
  const random = seededRandom(seed);
  const reference = createReferenceBackend().quantizing;
  // Who promises nothing fails a case of its own, and is held to the bits here.
  const stated = exactnessOf({ quantizing: operations });
  const promise = stated === 'unstated' ? 'bit-exact' : stated;
  for (const kind of WEIGHT_KINDS) {
    for (let round = 0; round < ROUNDS; round += 1) {
      const view = randomView(random, consecutive);
      const weights = randomWeights(random, view.outer * view.length * view.inner, dtype, kind);
      const attempt = trial(random, placed(operations, weights, round), dtype, view);
      const [seen, expected] = [await attempt(operations), await attempt(reference)];
      const where = `${kind} as ${view.outer} x ${view.length} x ${view.inner}`;
      for (const [name, result] of Object.entries(expected)) {
        const nothing = { ...result, bytes: new Uint8Array(0) };
        checkAsPromised(seen[name] ?? nothing, result, promise, `${name} of ${where}`);
      }
    }
  }
}

/** The bytes in a buffer of the backend's, in one of ours, or at an odd address. */
function placed(operations: QuantizingOperations, weights: Uint8Array, round: number): Uint8Array {
  const buffer = round % 3 === 0 ? operations.allocate(weights.length) : new Uint8Array(weights.length + (round % 3));
  const bytes = buffer.subarray(buffer.length - weights.length);
  bytes.set(weights);
  return bytes;
}

function randomView(random: Random, consecutive: boolean): BlockView {
  // Lengths around the widths of vectors, and single elements.
  const length = pick(random, [1, 2, 3, 7, 8, 9, 16, 31, 32, 33, 64, 127, 128, 256, 515]);
  if (consecutive) return { outer: 2 * integerWithin(random, 1, 4), length, inner: 1 };
  return { outer: integerWithin(random, 1, 5), length, inner: pick(random, [1, 1, 1, 2, 3, 9, 16]) };
}

async function keepsBuffers(operations: QuantizingOperations): Promise<void> {
  const random = seededRandom(5);
  const held = [1, 7, 64, 4096].map((length) => {
    const buffer = operations.allocate(length);
    check(buffer.length === length, () => `allocate(${length}) gave ${buffer.length} bytes`);
    const content = buffer.map(() => integerWithin(random, 0, 255));
    buffer.set(content);
    return { buffer, content };
  });
  // Work in between must not run over what is allocated.
  const input = randomWeights(random, 512, 'BF16', 'noise');
  await operations.blockMinMax({ input, dtype: 'BF16', view: { outer: 4, length: 128, inner: 1 } });
  for (const { buffer, content } of held) checkSameBytes(buffer, content, `a buffer of ${content.length} bytes`);
  for (const { buffer } of held) operations.release(buffer);
}

async function keepsResults(operations: QuantizingOperations): Promise<void> {
  const random = seededRandom(7);
  const kept: (() => void)[] = [];
  // From a small range to one that outgrows any first reservation, and back.
  for (const rows of [1, 16, 512, 1]) {
    const view = { outer: rows, length: 256, inner: 1 };
    const input = operations.allocate(rows * 256 * 2);
    input.set(randomWeights(random, rows * 256, 'BF16', 'noise'));
    const request = { input, dtype: 'BF16', view } as const;
    const scheme = { qmin: -8, qmax: 7, mapping: 'ASYMMETRIC', eps: 1e-6, scaleDtype: 'F32', extremes: null } as const;

    const { min, max } = await operations.blockMinMax(request);
    kept.push(unchanged(min, 'the minima in the end'), unchanged(max, 'the maxima in the end'));
    const changes = await operations.measureHqqScaleOnly({ ...request, qmin: -8, qmax: 7 });
    kept.push(unchanged(changes, 'the changes of HQQ in the end'));
    const affine = await operations.quantizeAffine({ ...request, ...scheme });
    holds([affine.qdata, affine.scale, affine.zeroPoint], 'quantizeAffine');
    const int4 = await operations.quantizeInt4(request);
    holds([int4.packed, int4.scale, int4.zeroPoint], 'quantizeInt4');
    const stored = {
      qdata: new Int8Array(rows * 256).fill(3),
      scale: new Uint8Array(4 * rows).fill(63),
      zeroPoint: null,
    };
    holds(
      [await operations.dequantizeAffine({ ...stored, scaleDtype: 'F32', view, dtype: 'F32' })],
      'dequantizeAffine',
    );
    operations.release(input);
  }
  for (const check of kept) check();

  function holds(results: readonly Bytes[], operation: string): void {
    const checks = results.map((bytes) => unchanged(bytes, `a result of ${operation} after an allocation`));
    // One that fits beside what is there, and one that cannot.
    for (const byteLength of [1000, 2 ** 22]) {
      const other = operations.allocate(byteLength);
      other.fill(0x5a);
      operations.release(other);
    }
    for (const check of checks) check();
  }
}

type Bytes = Pick<Uint8Array, 'buffer' | 'byteOffset' | 'byteLength'>;

/** A check that some memory holds what it holds now. */
function unchanged({ buffer, byteOffset, byteLength }: Bytes, what: string): () => void {
  const bytes = new Uint8Array(buffer, byteOffset, byteLength);
  const before = bytes.slice();
  return () => {
    checkSameBytes(bytes, before, what);
  };
}

async function leavesInputs(operations: QuantizingOperations): Promise<void> {
  const random = seededRandom(6);
  for (const dtype of DTYPES) {
    for (const { trial } of Object.values(TRIALS)) {
      const view = { outer: 2, length: 32, inner: 1 };
      const input = randomWeights(random, 64, dtype, 'noise');
      const before = input.slice();
      await trial(random, input, dtype, view)(operations);
      checkSameBytes(input, before, 'the input afterwards');
    }
  }
}
