import {
  byteLength,
  createReferenceBackend,
  elementCount,
  type Backend,
  type CheckpointAdapter,
  type Config,
  type ParameterInfo,
  type QuantizeRequest,
  type Sink,
  type Source,
  type StoredTensor,
} from '../../src/index.ts';

export const backend: Backend = createReferenceBackend();

/**
 * A config whose result shows everything a plan can get wrong: each byte depends on the input, on its place and, when
 * measured, on the whole span's statistic.
 */
export function fakeConfig(unit: number, span: number | null): Config {
  const quantize = ({ input, start, end, statistic }: QuantizeRequest): Promise<Uint8Array> => {
    const width = input.length / (end - start);
    const peak = statistic?.[0] ?? 0;
    return Promise.resolve(
      Uint8Array.from({ length: end - start }, (_, at) => (input[at * width] ?? 0) + start + at + peak),
    );
  };
  return {
    type: 'FakeConfig',
    version: 1,
    summary: 'fake',
    toFields: () => ({}),
    accept: (parameter) =>
      parameter.shape.length === 0 ? { verdict: 'error', reason: 'scalars are refused' } : { verdict: 'quantize' },
    quantizer: (parameter) => ({
      tensorClass: 'FakeTensor',
      attributes: {},
      components: [{ name: 'qdata', dtype: 'U8', shape: parameter.shape }],
      unit,
      span: span ?? Math.max(1, elementCount(parameter.shape)),
      ...(span === null
        ? {}
        : {
            measure: {
              measure: ({ input }) =>
                Promise.resolve(Uint8Array.of(input.reduce((most, byte) => Math.max(most, byte), 0))),
              merge: (left, right) => Uint8Array.of(Math.max(left[0] ?? 0, right[0] ?? 0)),
            },
          }),
      quantize: async (request) => [{ component: 0, offset: request.start, bytes: await quantize(request) }],
    }),
  };
}

/** One file, components one after the other behind a head of four bytes. */
export const fakeAdapter: CheckpointAdapter = {
  format: 'fake',
  layout: (tensors) => {
    let begin = 4;
    const places = tensors.map(({ parameter, quantizer }) =>
      (quantizer?.components ?? [{ ...parameter, name: '' }]).map((component) => {
        const length = byteLength(component);
        begin += length;
        const { dtype, shape } = component;
        return {
          name: `${parameter.name}/${component.name}`,
          dtype,
          shape,
          file: 0,
          begin: begin - length,
          byteLength: length,
        };
      }),
    );
    const files = [{ name: 'out.bin', byteLength: begin, head: Uint8Array.of(1, 2, 3, 4) }];
    return { files, outputsOf: (tensor) => places[tensor] ?? [] };
  },
};

/** A linear's weight at a place in shard 0. */
export function storedWeight(name: string, shape: readonly number[], begin: number): ParameterInfo & StoredTensor {
  const tensor = { name: `${name}.weight`, dtype: 'BF16' as const, shape };
  const end = begin + byteLength(tensor);
  return { ...tensor, shard: 0, begin, end, module: name, parameter: 'weight', kind: 'linear' };
}

export function memorySource(bytes: Uint8Array): Source {
  return { byteLength: bytes.length, read: (start, end) => Promise.resolve(bytes.slice(start, end)) };
}

export interface MemorySink extends Sink {
  readonly files: Map<string, Uint8Array>;
  /** How often each byte was written. */
  readonly writes: Map<string, Uint8Array>;
  readonly events: string[];
}

export function memorySink(): MemorySink {
  const files: Map<string, Uint8Array> = new Map();
  const writes: Map<string, Uint8Array> = new Map();
  const events: string[] = [];
  return {
    files,
    writes,
    events,
    create: (file, length) => {
      files.set(file, new Uint8Array(length));
      writes.set(file, new Uint8Array(length));
      return Promise.resolve();
    },
    write: (file, position, bytes) => {
      files.get(file)?.set(bytes, position);
      const counts = writes.get(file);
      for (let at = 0; at < bytes.length; at += 1) if (counts) counts[position + at] = (counts[position + at] ?? 0) + 1;
      return Promise.resolve();
    },
    finish: () => {
      events.push('finish');
      return Promise.resolve();
    },
    abort: () => {
      events.push('abort');
      return Promise.resolve();
    },
  };
}
