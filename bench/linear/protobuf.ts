/** As much of protobuf's wire format as a small ONNX model needs. */
export type Field = readonly [number: number, value: number | string | Uint8Array | Message];
export type Message = readonly Field[];

export function encode(message: Message): Uint8Array {
  const parts = message.flatMap(([number, value]) => {
    if (typeof value === 'number') return [varint(number * 8), varint(value)];
    const bytes = contents(value);
    return [varint(number * 8 + 2), varint(bytes.length), bytes];
  });
  const encoded = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    encoded.set(part, at);
    at += part.length;
  }
  return encoded;
}

function contents(value: string | Uint8Array | Message): Uint8Array {
  if (typeof value === 'string') return new TextEncoder().encode(value);
  return value instanceof Uint8Array ? value : encode(value);
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return Uint8Array.from([...bytes, rest]);
}
