/** Whether typed arrays of this machine lie in memory as checkpoints do. */
const LITTLE_ENDIAN: boolean = /* @__PURE__ */ isLittleEndian();

function isLittleEndian(): boolean {
  return new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
}

/** Little-endian bytes as 16-bit words: a view where the machine allows it, a copy where it does not. */
export function uint16sOf(bytes: Uint8Array): Uint16Array {
  const { buffer, byteOffset, byteLength } = placed(bytes, 2);
  return new Uint16Array(buffer, byteOffset, byteLength / 2);
}

/** Little-endian bytes as f32: a view where the machine allows it, a copy where it does not. */
export function float32sOf(bytes: Uint8Array): Float32Array {
  const { buffer, byteOffset, byteLength } = placed(bytes, 4);
  return new Float32Array(buffer, byteOffset, byteLength / 4);
}

/** The little-endian bytes of an array: its own memory where the machine allows it. */
export function littleEndianBytes(words: Uint16Array | Float32Array): Uint8Array {
  const bytes = new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
  return LITTLE_ENDIAN ? bytes : swapped(bytes, words.BYTES_PER_ELEMENT);
}

// A subarray of a file's buffer may start anywhere; typed arrays of wider elements may not.
function placed(bytes: Uint8Array, width: number): Uint8Array {
  if (!LITTLE_ENDIAN) return swapped(bytes, width);
  return bytes.byteOffset % width === 0 ? bytes : bytes.slice();
}

/** A copy in which each group of `width` bytes stands in reverse. */
export function swapped(bytes: Uint8Array, width: number): Uint8Array {
  const out = bytes.slice();
  for (let at = 0; at + width <= out.length; at += width) out.subarray(at, at + width).reverse();
  return out;
}
