/** As much of GGUF 3 as a synthetic model needs. */
export type GgufValue = string | number | { readonly float: number } | readonly string[] | Float32Array | Int32Array;

export interface GgufTensor {
  readonly name: string;
  /** Row-major, out features first. */
  readonly shape: readonly number[];
  readonly type: 'F32' | 'Q4_0';
}

const ALIGNMENT = 32;
/** ggml's number of a type, bytes of a block and its elements. */
const TYPES = { F32: [0, 4, 1], Q4_0: [2, 18, 32] } as const;
const VALUE = { u32: 4, f32: 6, string: 8, array: 9, i32: 5 } as const;

export function byteLength({ shape, type }: GgufTensor): number {
  const [, bytes, elements] = TYPES[type];
  return (shape.reduce((product, extent) => product * extent, 1) / elements) * bytes;
}

/** What comes before the tensors' data, which follow in their order, each padded with zeros to 32 bytes. */
export function ggufHead(metadata: Readonly<Record<string, GgufValue>>, tensors: readonly GgufTensor[]): Uint8Array {
  const writer = createWriter();
  writer.bytes(new TextEncoder().encode('GGUF'));
  writer.u32(3);
  writer.u64(tensors.length);
  writer.u64(Object.keys(metadata).length);
  for (const [key, value] of Object.entries(metadata)) {
    writer.string(key);
    writeValue(writer, value);
  }
  let offset = 0;
  for (const tensor of tensors) {
    writer.string(tensor.name);
    writer.u32(tensor.shape.length);
    for (const extent of tensor.shape.toReversed()) writer.u64(extent);
    writer.u32(TYPES[tensor.type][0]);
    writer.u64(offset);
    offset += padded(byteLength(tensor));
  }
  return writer.padded();
}

export function padded(length: number): number {
  return Math.ceil(length / ALIGNMENT) * ALIGNMENT;
}

function writeValue(writer: Writer, value: GgufValue): void {
  if (typeof value === 'string') {
    writer.u32(VALUE.string);
    writer.string(value);
  } else if (typeof value === 'number') {
    writer.u32(VALUE.u32);
    writer.u32(value);
  } else if ('float' in value) {
    writer.u32(VALUE.f32);
    writer.bytes(new Uint8Array(Float32Array.of(value.float).buffer));
  } else {
    const type = value instanceof Float32Array ? 'f32' : value instanceof Int32Array ? 'i32' : 'string';
    writer.u32(VALUE.array);
    writer.u32(VALUE[type]);
    writer.u64(value.length);
    if (value instanceof Float32Array || value instanceof Int32Array) writer.bytes(new Uint8Array(value.buffer));
    else for (const text of value) writer.string(text);
  }
}

type Writer = ReturnType<typeof createWriter>;

function createWriter() {
  const parts: Uint8Array[] = [];
  const bytes = (part: Uint8Array): void => void parts.push(part);
  const u64 = (value: number): void => {
    bytes(new Uint8Array(BigUint64Array.of(BigInt(value)).buffer));
  };
  return {
    bytes,
    u64,
    u32: (value: number): void => {
      bytes(new Uint8Array(Uint32Array.of(value).buffer));
    },
    string: (text: string): void => {
      const encoded = new TextEncoder().encode(text);
      u64(encoded.length);
      bytes(encoded);
    },
    padded: (): Uint8Array => {
      const whole = Buffer.concat(parts);
      return Buffer.concat([whole, Buffer.alloc(padded(whole.length) - whole.length)]);
    },
  };
}
