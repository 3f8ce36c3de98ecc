import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

/** Fields by number, in the order in which they are written: whole numbers, texts, bytes, messages. */
export type Field = readonly [number: number, value: number | string | Uint8Array | Message];
export type Message = readonly Field[];

export function encode(message: Message): Uint8Array {
  const writer = new BinaryWriter();
  for (const [number, value] of message) {
    if (typeof value === 'number') writer.tag(number, WireType.Varint).int64(value);
    else {
      writer.tag(number, WireType.LengthDelimited);
      if (typeof value === 'string') writer.string(value);
      else writer.bytes(value instanceof Uint8Array ? value : encode(value));
    }
  }
  return writer.finish();
}
