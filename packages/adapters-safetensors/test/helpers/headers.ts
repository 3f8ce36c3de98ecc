/** The bytes of a safetensors file with this header text, padded by nothing, and this many bytes of data. */
export function fileOf(json: string | Uint8Array, dataBytes = 0, claimed?: bigint): Uint8Array<ArrayBuffer> {
  const text = typeof json === 'string' ? new TextEncoder().encode(json) : json;
  const file = new Uint8Array(8 + text.byteLength + dataBytes);
  new DataView(file.buffer).setBigUint64(0, claimed ?? BigInt(text.byteLength), true);
  file.set(text, 8);
  for (let at = 8 + text.byteLength; at < file.byteLength; at++) file[at] = at & 0xff;
  return file;
}

/** A file with tensors of U8, one after the other. */
export function simpleFile(
  lengths: Readonly<Record<string, number>>,
  metadata?: Readonly<Record<string, string>>,
): Uint8Array<ArrayBuffer> {
  const header: Record<string, unknown> = metadata === undefined ? {} : { __metadata__: metadata };
  let position = 0;
  for (const [name, length] of Object.entries(lengths)) {
    header[name] = { dtype: 'U8', shape: [length], data_offsets: [position, position + length] };
    position += length;
  }
  return fileOf(JSON.stringify(header), position);
}
