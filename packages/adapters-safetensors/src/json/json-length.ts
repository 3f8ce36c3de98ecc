import type { Escape, JsonOutput } from './json-writer.ts';

// Printable ASCII without quotes and backslashes: one byte for each character.
const NEEDS_NO_ESCAPE = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/;

/** Whether a text stands in JSON as it is, one byte for each character, whoever writes it. */
export function needsNoEscape(text: string): boolean {
  return NEEDS_NO_ESCAPE.test(text);
}

/**
 * Counts the bytes that a JsonWriter would write. A layout needs the lengths of its headers at once and their bytes, some
 * 100 MB for a large model, only when each file is written.
 */
export class JsonLength implements JsonOutput {
  #length: number;
  readonly #plain: boolean;

  /**
   * @param reserved Bytes that stand before the text.
   * @param plain Whether it is known that no text needs an escape: a layout has each name three times.
   */
  constructor(reserved = 0, plain = false) {
    this.#length = reserved;
    this.#plain = plain;
  }

  get byteLength(): number {
    return this.#length;
  }

  raw(bytes: Uint8Array): void {
    this.#length += bytes.byteLength;
  }

  ascii(text: string): void {
    this.#length += text.length;
  }

  integer(value: number): void {
    let digits = 1;
    for (let power = 10; power <= value; power *= 10) digits += 1;
    this.#length += digits;
  }

  text(text: string, escape: Escape): boolean {
    const plain = this.#plain || needsNoEscape(text);
    this.#length += plain ? text.length : new TextEncoder().encode(escape(text)).byteLength;
    return plain;
  }

  repeat(begin: number, end: number): void {
    this.#length += end - begin;
  }

  dropLast(count: number): void {
    this.#length -= count;
  }
}
