import type { Escape } from './escapes.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const FIRST_PRINTABLE = 0x20;
const LAST_PRINTABLE = 0x7e;

/**
 * A growing buffer of JSON text. The headers of 100,000 quantized tensors come to 70 MB: as bytes they are written at
 * memory speed, as strings they would be concatenated, flattened and encoded first.
 */
export class JsonWriter {
  #bytes: Uint8Array<ArrayBuffer>;
  #length: number;

  /**
   * @param capacity How much to expect; more only costs time.
   * @param reserved Bytes left zero at the start.
   */
  constructor(capacity: number, reserved = 0) {
    this.#bytes = new Uint8Array(capacity);
    this.#length = reserved;
  }

  get byteLength(): number {
    return this.#length;
  }

  /** Bytes as they are. */
  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.byteLength);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.byteLength;
  }

  /** Text of printable ASCII as it is. */
  ascii(text: string): void {
    this.#reserve(text.length);
    const bytes = this.#bytes;
    let length = this.#length;
    for (let at = 0; at < text.length; at++) bytes[length++] = text.charCodeAt(at);
    this.#length = length;
  }

  /** A whole number of 0 or more. */
  integer(value: number): void {
    this.ascii(String(value));
  }

  /** The inside of a string, without its quotes. True when it needed no escapes, so that its bytes are its characters. */
  text(text: string, escape: Escape): boolean {
    this.#reserve(text.length);
    const bytes = this.#bytes;
    let length = this.#length;
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code < FIRST_PRINTABLE || code > LAST_PRINTABLE || code === QUOTE || code === BACKSLASH) {
        this.raw(new TextEncoder().encode(escape(text)));
        return false;
      }
      bytes[length++] = code;
    }
    this.#length = length;
    return true;
  }

  /** Bytes that were written before, once more: several times as fast as writing the text again. */
  repeat(begin: number, end: number): void {
    this.#reserve(end - begin);
    this.#bytes.copyWithin(this.#length, begin, end);
    this.#length += end - begin;
  }

  /** Takes bytes back: a separator after the last member. */
  dropLast(count: number): void {
    this.#length -= count;
  }

  /** Everything written, without a copy. The writer is not to be used any more. */
  finish(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length);
  }

  #reserve(count: number): void {
    const needed = this.#length + count;
    if (needed <= this.#bytes.byteLength) return;
    const larger = new Uint8Array(Math.max(needed, this.#bytes.byteLength * 2));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
  }
}
