import { RANGE_BYTES, type Backend, type Config, type ParameterInfo } from '@fewbit/core';
import { medianSeconds } from './measure.ts';

/** What copying memory takes, and how fast a backend quantizes by one config; one thread. */
export interface MeasuredConfig {
  readonly backend: string;
  /** Its type, and its own words. */
  readonly config: string;
  readonly summary: string;
  readonly weightsPerSecond: number;
  /** Of input. */
  readonly bytesPerSecond: number;
}

/** The tensor that everything is measured on: larger than a processor's own caches, mostly. */
const WEIGHT: ParameterInfo & { readonly shape: readonly [number, number] } = {
  name: 'weight',
  module: '',
  parameter: 'weight',
  kind: 'linear',
  dtype: 'BF16',
  shape: [4096, 4096],
};
const WEIGHT_BYTES = WEIGHT.shape[0] * WEIGHT.shape[1] * 2;
const RANGES = WEIGHT_BYTES / RANGE_BYTES;
const WEIGHTS_PER_RANGE = RANGE_BYTES / 2;

/** Enough to get through compilation and a scheduler's turns; a slow backend makes a few ranges in it. */
const WARM_UP_SECONDS = 0.2;
const SECONDS = 0.6;

/** Bytes copied per second, one thread, from memory to memory. */
export async function measureCopy(): Promise<number> {
  const from = weights();
  const to = new Uint8Array(WEIGHT_BYTES);
  return (
    WEIGHT_BYTES /
    (await medianSeconds(() => {
      to.set(from);
    }, SECONDS))
  );
}

/** Quantizes the ranges of a tensor one after the other, as a worker of `fewbit quantize` does. */
export async function measureConfig(backend: Backend, config: Config): Promise<MeasuredConfig> {
  const operations = backend.quantizing;
  const quantizer = config.quantizer(WEIGHT);
  const buffer = operations.allocate(WEIGHT_BYTES);
  buffer.set(weights());
  const call = (round: number): Promise<unknown> => {
    const range = round % RANGES;
    const input = buffer.subarray(range * RANGE_BYTES, (range + 1) * RANGE_BYTES);
    const start = range * WEIGHTS_PER_RANGE;
    return quantizer.quantize({ input, start, end: start + WEIGHTS_PER_RANGE, backend: operations, statistic: null });
  };
  await medianSeconds(call, WARM_UP_SECONDS);
  const seconds = await medianSeconds(call, SECONDS);
  operations.release(buffer);
  return {
    backend: backend.name,
    config: config.type,
    summary: config.summary,
    weightsPerSecond: WEIGHTS_PER_RANGE / seconds,
    bytesPerSecond: RANGE_BYTES / seconds,
  };
}

/** bf16 noise around zero, the same each time. */
function weights(): Uint8Array {
  const words = new Uint16Array(WEIGHT_BYTES / 2);
  const value = new Float32Array(1);
  const bits = new Uint32Array(value.buffer);
  let state = 0x9e3779b9;
  for (let at = 0; at < words.length; at += 1) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    value[0] = (state >> 8) / 2 ** 27;
    words[at] = (bits[0] ?? 0) >>> 16;
  }
  return new Uint8Array(words.buffer);
}
