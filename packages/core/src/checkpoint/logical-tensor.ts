import type { Source } from '../contracts/io.ts';
import type { ComponentRead } from '../contracts/tensor-class.ts';
import type { JsonObject } from '../json.ts';
import { RANGE_BYTES } from '../plan/ranges.ts';
import type { StoredTensor } from '../tensor.ts';

/** A tensor of a checkpoint that may be quantized: what its metadata calls one tensor. */
export interface LogicalTensor {
  readonly name: string;
  /** Null for a plain tensor, whose single component is named ''. */
  readonly quantized: { readonly tensorClass: string; readonly attributes: JsonObject } | null;
  readonly components: ReadonlyMap<string, StoredTensor>;
}

/** The bytes that a tensor class asked for; `sources` by shard. */
export async function readComponent(
  components: ReadonlyMap<string, StoredTensor>,
  { component, begin, end, runs }: ComponentRead,
  sources: readonly Source[],
): Promise<Uint8Array> {
  const stored = components.get(component);
  if (stored === undefined)
    throw new RangeError(`a tensor class reads the component "${component}", which it did not check`);
  if (runs === undefined) return readRange(sources, stored, begin, end);
  const count = Math.floor((end - begin - runs.length) / runs.stride) + 1;
  const gathered = new Uint8Array(count * runs.length);
  // One read for all runs while that costs no more memory than a range does.
  const whole = end - begin <= RANGE_BYTES ? await readRange(sources, stored, begin, end) : null;
  for (let run = 0; run < count; run += 1) {
    const from = run * runs.stride;
    const bytes =
      whole?.subarray(from, from + runs.length) ??
      (await readRange(sources, stored, begin + from, begin + from + runs.length));
    gathered.set(bytes, run * runs.length);
  }
  return gathered;
}

/** The bytes [start, end) of a tensor; `sources` by shard. */
export function readRange(
  sources: readonly Source[],
  tensor: StoredTensor,
  start: number,
  end: number,
): Promise<Uint8Array> {
  const source = sources[tensor.shard];
  if (source === undefined) throw new RangeError(`shard ${tensor.shard} of "${tensor.name}" is not open`);
  return source.read(tensor.begin + start, tensor.begin + end);
}
