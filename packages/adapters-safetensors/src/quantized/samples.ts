import type { StoredTensor } from '@fewbit/core';

import { mapConcurrently } from '../map-concurrently.ts';
import type { FormatContext } from './quantized-format.ts';

// Over HTTP each read is a request.
const CONCURRENT_READS = 8;

/** A small tensor that says something which no header does. */
export interface Sampled {
  /** The name of the quantized tensor that it belongs to. */
  readonly name: string;
  /** Tensors whose names differ only in numbers and that agree in this are taken to hold the same. */
  readonly alike: number | string;
  /** Null where it is missing. */
  readonly tensor: StoredTensor | null;
}

export interface SampleOptions<T> {
  readonly readSmall: FormatContext['readSmall'];
  readonly parse: (bytes: Uint8Array) => T;
}

/**
 * What small tensors say, read once for each group that is alike: the layers of a model repeat, and a model has hundreds of
 * such tensors, each of which would cost a request. The caller checks the answer against each tensor's own size. Null for a
 * tensor that is missing or was not read.
 */
export async function readSamples<T>(
  sampled: readonly Sampled[],
  { readSmall, parse }: SampleOptions<T>,
): Promise<readonly (T | null)[]> {
  const firsts: Map<string, StoredTensor> = new Map();
  const identities = sampled.map(({ name, alike, tensor }) => {
    if (tensor === null) return null;
    const identity = `${name.replace(/\d+/g, '#')}\n${alike}`;
    if (!firsts.has(identity)) firsts.set(identity, tensor);
    return identity;
  });
  const read = await mapConcurrently([...firsts], CONCURRENT_READS, async ([identity, tensor]) => {
    const bytes = await readSmall(tensor);
    return [identity, bytes === null ? null : parse(bytes)] as const;
  });
  const values: Map<string, T | null> = new Map(read);
  return identities.map((identity) => (identity === null ? null : (values.get(identity) ?? null)));
}
