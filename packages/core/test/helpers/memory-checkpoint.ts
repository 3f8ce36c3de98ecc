import {
  bytesPerElement,
  fromFloat32,
  type Dtype,
  type FloatDtype,
  type LogicalTensor,
  type Source,
  type StoredTensor,
} from '../../src/index.ts';

/** A checkpoint of one shard in memory, with what `readLinear` asks for. */
export interface MemoryCheckpoint {
  readonly sources: readonly Source[];
  /** Adds a plain tensor. */
  readonly plain: (name: string, dtype: Dtype, shape: readonly number[], bytes: Uint8Array) => LogicalTensor;
  /** Adds a plain tensor of numbers. */
  readonly floats: (
    name: string,
    dtype: FloatDtype,
    shape: readonly number[],
    values: readonly number[],
  ) => LogicalTensor;
}

export function memoryCheckpoint(): MemoryCheckpoint {
  // Not at an address of whole elements, as in a file.
  let data = new Uint8Array(1);
  const source: Source = {
    get byteLength() {
      return data.length;
    },
    read: (start, end) => Promise.resolve(data.subarray(start, end)),
  };
  function store(name: string, dtype: Dtype, shape: readonly number[], bytes: Uint8Array): StoredTensor {
    const begin = data.length;
    data = Uint8Array.of(...data, ...bytes);
    return { name, dtype, shape, shard: 0, begin, end: begin + bytes.length };
  }
  const plain: MemoryCheckpoint['plain'] = (name, dtype, shape, bytes) => {
    if (bytes.length !== shape.reduce((all, extent) => all * extent, bytesPerElement(dtype))) {
      throw new Error(`${bytes.length} bytes for ${dtype} [${shape.join(', ')}]`);
    }
    return { name, quantized: null, components: new Map([['', store(name, dtype, shape, bytes)]]) };
  };
  return {
    sources: [source],
    plain,
    floats: (name, dtype, shape, values) => plain(name, dtype, shape, fromFloat32(Float32Array.from(values), dtype)),
  };
}

/** Plain tensors as the components of a quantized one. */
export function quantizedTensor(
  name: string,
  tensorClass: string,
  components: Readonly<Record<string, LogicalTensor>>,
): LogicalTensor {
  const stored = Object.entries(components).map(([component, tensor]): [string, StoredTensor] => {
    const found = tensor.components.get('');
    if (found === undefined) throw new Error(`${tensor.name} is not plain`);
    return [component, found];
  });
  return { name, quantized: { tensorClass, attributes: { dtype: 'BF16' } }, components: new Map(stored) };
}
