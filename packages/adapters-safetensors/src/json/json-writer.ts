const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const FIRST_PRINTABLE = 0x20;
const LAST_PRINTABLE = 0x7e;

/** How a text's characters look between quotes, for texts that are not plain printable ASCII. */
export type Escape = (text: string) => string;

/** As the reference implementation writes strings: UTF-8, only quotes, backslashes and control characters escaped. */
export const jsonEscape: Escape = (text) => JSON.stringify(text).slice(1, -1);

/** What writes JSON text, or only counts its bytes. */
export interface JsonOutput {
  readonly byteLength: number;
  /** Bytes as they are. */
  readonly raw: (bytes: Uint8Array) => void;
  /** Text of printable ASCII as it is. */
  readonly ascii: (text: string) => void;
  /** A whole number of 0 or more. */
  readonly integer: (value: number) => void;
  /** The inside of a string, without its quotes. True when it needed no escapes, so that its bytes are its characters. */
  readonly text: (text: string, escape: Escape) => boolean;
  /** Bytes that were written before, once more. */
  readonly repeat: (begin: number, end: number) => void;
  /** Takes bytes back: a separator after the last member. */
  readonly dropLast: (count: number) => void;
}

/**
 * A growing buffer of JSON text. The headers of 100,000 quantized tensors come to 70 MB: as bytes they are written at
 * memory speed, as strings they would be concatenated, flattened and encoded first.
 */
export class JsonWriter implements JsonOutput {
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

  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.byteLength);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.byteLength;
  }

  ascii(text: string): void {
    this.#reserve(text.length);
    const bytes = this.#bytes;
    let length = this.#length;
    for (let at = 0; at < text.length; at++) bytes[length++] = text.charCodeAt(at);
    this.#length = length;
  }

  integer(value: number): void {
    this.ascii(String(value));
  }

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

  // Several times as fast as writing the text again.
  repeat(begin: number, end: number): void {
    this.#reserve(end - begin);
    this.#bytes.copyWithin(this.#length, begin, end);
    this.#length += end - begin;
  }

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
