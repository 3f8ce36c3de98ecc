import { InvalidCheckpointError } from '@fewbit/core';

/** Deeper than any real header nests (3 levels) by far; the reference implementation stops at 128. */
export const MAX_NESTING = 64;

const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const ZERO = 0x30;
const NINE = 0x39;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:e[+-]?\d+)?/iy;
const LONE_SURROGATE = /\p{Surrogate}/u;

/**
 * Walks a JSON text from left to right, value by value, without building objects.
 *
 * `JSON.parse` keeps the last of two equal keys and turns 1e0 into 1; a header must not get away with either, and for a
 * header of 100,000 tensors building its objects costs more than this walk. It takes exactly the texts that `JSON.parse`
 * takes, but for nesting beyond {@link MAX_NESTING} and strings with lone surrogates.
 */
export class JsonScanner {
  readonly #text: string;
  readonly #where: string;
  #position = 0;

  /** `where` names the text in errors. */
  constructor(text: string, where: string) {
    this.#text = text;
    this.#where = where;
  }

  /** @throws InvalidCheckpointError always. */
  fail(message: string, allowed?: string): never {
    throw new InvalidCheckpointError({
      message: `${message} at character ${this.#position}`,
      where: this.#where,
      ...(allowed === undefined ? {} : { allowed }),
    });
  }

  /**
   * Enters an object: true when it has a member, false when it is empty and done. To be followed by
   * `do { scanner.name(); …consume the value… } while (scanner.moreMembers())`.
   */
  openObject(): boolean {
    this.#open(OPEN_BRACE, 'an object');
    return !this.#close(CLOSE_BRACE);
  }

  /** The name of a member, the scanner then standing before its value. */
  name(): string {
    const name = this.string();
    this.#open(COLON, '":"');
    return name;
  }

  /** The index of a member's name among `candidates`, the scanner then standing before its value; -1: nothing consumed. */
  nameAmong(candidates: readonly string[]): number {
    const index = this.oneOf(candidates);
    if (index >= 0) this.#open(COLON, '":"');
    return index;
  }

  moreMembers(): boolean {
    return this.#next(CLOSE_BRACE, '"," or "}"');
  }

  /** Enters an array: true when it has an element. To be followed by `do {…} while (scanner.moreElements())`. */
  openArray(): boolean {
    this.#open(OPEN_BRACKET, 'an array');
    return !this.#close(CLOSE_BRACKET);
  }

  moreElements(): boolean {
    return this.#next(CLOSE_BRACKET, '"," or "]"');
  }

  string(): string {
    this.#open(QUOTE, 'a string');
    const text = this.#text;
    const begin = this.#position;
    for (let at = begin; ; at++) {
      const code = text.charCodeAt(at);
      if (code === QUOTE) {
        this.#position = at + 1;
        return text.slice(begin, at);
      }
      if (code === BACKSLASH) return this.#escapedString(begin, at);
      if (!(code >= 0x20)) {
        this.#position = at;
        this.#unexpected('the rest of a string');
      }
    }
  }

  /**
   * The index of the string that comes next among `candidates`, or -1 and nothing consumed. Makes no string: a header of
   * 100,000 tensors has 400,000 member names and dtypes, and few different ones.
   */
  oneOf(candidates: readonly string[]): number {
    this.#skipSpace();
    const text = this.#text;
    const begin = this.#position + 1;
    for (let index = 0; index < candidates.length; index++) {
      const candidate = candidates[index] ?? '';
      let at = 0;
      while (at < candidate.length && text.charCodeAt(begin + at) === candidate.charCodeAt(at)) at++;
      if (at === candidate.length && text.charCodeAt(begin + at) === QUOTE && text.charCodeAt(begin - 1) === QUOTE) {
        this.#position = begin + at + 1;
        return index;
      }
    }
    return -1;
  }

  /** A whole number from 0 to 2^53 - 1, written without sign, fraction and exponent. */
  count(): number {
    this.#skipSpace();
    const begin = this.#position;
    let at = begin;
    let value = 0;
    let code = this.#text.charCodeAt(at);
    while (code >= ZERO && code <= NINE) {
      value = value * 10 + (code - ZERO);
      code = this.#text.charCodeAt(++at);
    }
    const digits = at - begin;
    const leadingZero = digits > 1 && this.#text.charCodeAt(begin) === ZERO;
    // ".", "e" or "E" would go on to be a number that only happens to be whole.
    if (digits === 0 || leadingZero || code === 0x2e || code === 0x65 || code === 0x45) {
      this.#unexpected('a whole number without sign, fraction or exponent');
    }
    if (value > Number.MAX_SAFE_INTEGER)
      this.fail(`${this.#text.slice(begin, Math.min(at, begin + 40))} is too large`, 'at most 2^53 - 1');
    this.#position = at;
    return value;
  }

  /** True, the word consumed, when the next value is null. */
  null(): boolean {
    this.#skipSpace();
    if (!this.#text.startsWith('null', this.#position)) return false;
    this.#position += 4;
    return true;
  }

  /** Passes over any value. Two members of one object may not share a name. */
  skip(depth = 0): void {
    if (depth >= MAX_NESTING) this.fail('the nesting is too deep', `at most ${MAX_NESTING} levels`);
    this.#skipSpace();
    const code = this.#text.charCodeAt(this.#position);
    if (code === OPEN_BRACE) {
      this.#skipObject(depth);
    } else if (code === OPEN_BRACKET) {
      if (this.openArray()) {
        do this.skip(depth + 1);
        while (this.moreElements());
      }
    } else if (code === QUOTE) this.string();
    else this.#skipWord(code);
  }

  /** Checks that nothing but white space follows. */
  end(): void {
    this.#skipSpace();
    if (this.#position < this.#text.length) this.#unexpected('the end');
  }

  #skipObject(depth: number): void {
    if (!this.openObject()) return;
    const names: Set<string> = new Set();
    do {
      const name = this.name();
      if (names.has(name)) this.fail(`the name ${shown(name)} occurs twice in one object`);
      names.add(name);
      this.skip(depth + 1);
    } while (this.moreMembers());
  }

  #skipWord(code: number): void {
    if (code === MINUS || (code >= ZERO && code <= NINE)) {
      NUMBER.lastIndex = this.#position;
      if (!NUMBER.test(this.#text)) this.#unexpected('a number');
      this.#position = NUMBER.lastIndex;
      return;
    }
    const word = ['true', 'false', 'null'].find((candidate) => this.#text.startsWith(candidate, this.#position));
    if (word === undefined) this.#unexpected('a value');
    this.#position += word.length;
  }

  #escapedString(begin: number, firstEscape: number): string {
    let at = firstEscape;
    let code = this.#text.charCodeAt(at);
    while (code !== QUOTE && code === code) {
      at += code === BACKSLASH ? 2 : 1;
      code = this.#text.charCodeAt(at);
    }
    const literal = this.#text.slice(begin - 1, at + 1);
    let value: string;
    try {
      value = JSON.parse(literal) as string;
    } catch {
      return this.#unexpected('a well-formed string');
    }
    // "\ud800" is good JSON and no text at all: it cannot be written as UTF-8, so two such names could become one.
    if (LONE_SURROGATE.test(value)) this.fail('a string holds half of a surrogate pair', 'well-formed Unicode');
    this.#position = at + 1;
    return value;
  }

  #open(code: number, what: string): void {
    this.#skipSpace();
    if (this.#text.charCodeAt(this.#position) !== code) this.#unexpected(what);
    this.#position += 1;
  }

  #close(code: number): boolean {
    this.#skipSpace();
    if (this.#text.charCodeAt(this.#position) !== code) return false;
    this.#position += 1;
    return true;
  }

  /** True after a comma, false after the closing character. */
  #next(close: number, what: string): boolean {
    this.#skipSpace();
    const code = this.#text.charCodeAt(this.#position);
    if (code !== COMMA && code !== close) this.#unexpected(what);
    this.#position += 1;
    return code === COMMA;
  }

  #skipSpace(): void {
    let code = this.#text.charCodeAt(this.#position);
    while (code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09)
      code = this.#text.charCodeAt(++this.#position);
  }

  #unexpected(allowed: string): never {
    const seen = this.#text.slice(this.#position, this.#position + 20);
    return this.fail(seen === '' ? 'the JSON text ends' : `the JSON text has ${shown(seen)}`, allowed);
  }
}

/** A name or text in quotes, cut to what a message can hold, control characters escaped. */
export function shown(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}
