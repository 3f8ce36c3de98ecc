import { quote } from '../quote.ts';
import { DistinctNames } from './distinct-names.ts';

/** Deeper than any real header (3 levels) or recipe (about 10) nests by far; safetensors' own parser stops at 128. */
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

/** What is wrong with a JSON text, and where. */
export interface JsonProblem {
  /** As a sentence without a full stop. */
  readonly message: string;
  /** Index of the character, in UTF-16 units. */
  readonly position: number;
  readonly allowed?: string;
}

/** What a reader of JSON wants to be told. */
export interface JsonRules {
  /** Throws the reader's own error. */
  readonly fail: (problem: JsonProblem) => never;
  /**
   * Told of a name that an object has again; `first` and `again` are the places of its quotes. Default: `fail`. Null: names
   * are not compared, in a text that was checked before.
   */
  readonly duplicate?: ((name: string, first: number, again: number) => void) | null;
  /** Told of each number that `skip` passes over. */
  readonly number?: (text: string, position: number) => void;
  /** Most values in the whole text. Default: no bound. */
  readonly maxValues?: number;
  /** Whether half of a surrogate pair may stand in a string: JSON allows it, and UTF-8 cannot write it. Default false. */
  readonly loneSurrogates?: boolean;
}

/**
 * Walks a JSON text from left to right, value by value, without building objects.
 *
 * `JSON.parse` keeps the last of two equal names, turns 1e0 into 1 and forgets the order of some names; a header or a recipe
 * must not get away with that, and the objects of a large text cost many times its size. It takes exactly the texts that
 * `JSON.parse` takes, but for nesting beyond {@link MAX_NESTING} and, unless told otherwise, strings with lone surrogates.
 */
export class JsonScanner {
  readonly text: string;
  readonly #rules: JsonRules;
  readonly #ascii: Uint8Array | null;
  #position: number;
  #values = 0;
  /** By depth, so that the names of each object need no set of their own. */
  readonly #names: DistinctNames[] = [];

  /**
   * @param position Where to begin: the place of a value.
   * @param ascii The text as bytes, where it is nothing but ASCII and the caller has them: V8 takes several times as long for
   * a character of a long string as for a byte.
   */
  constructor(text: string, rules: JsonRules, position = 0, ascii: Uint8Array | null = null) {
    this.text = text;
    this.#rules = rules;
    this.#position = position;
    this.#ascii = ascii;
  }

  /** Of the character that comes next, white space included. */
  get position(): number {
    return this.#position;
  }

  /** The place of the next value's first character. */
  valuePosition(): number {
    this.#skipSpace();
    return this.#position;
  }

  /** Calls the reader's `fail`, which throws. */
  fail(message: string, allowed?: string): never {
    return this.#rules.fail({ message, position: this.#position, ...(allowed === undefined ? {} : { allowed }) });
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
    this.colon();
    return name;
  }

  /** Passes over the colon after a name that {@link string} read. */
  colon(): void {
    this.#open(COLON, '":"');
  }

  /** The index of a member's name among `candidates`, the scanner then standing before its value; -1: nothing consumed. */
  nameAmong(candidates: readonly string[]): number {
    const index = this.oneOf(candidates);
    if (index >= 0) this.colon();
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
    const begin = this.#position;
    const end = this.#plainEnd();
    if (end === -1) return this.#escapedString(begin);
    this.#position = end + 1;
    return this.text.slice(begin, end);
  }

  /** Passes over a string, checking it as {@link string} does. */
  skipString(): void {
    this.#open(QUOTE, 'a string');
    const begin = this.#position;
    const end = this.#plainEnd();
    if (end === -1) this.#escapedString(begin);
    else this.#position = end + 1;
  }

  /**
   * The index of the string that comes next among `candidates`, or -1 and nothing consumed. Makes no string: a header of
   * 100,000 tensors has 400,000 member names and dtypes, and few different ones.
   */
  oneOf(candidates: readonly string[]): number {
    this.#skipSpace();
    const begin = this.#position + 1;
    for (let index = 0; index < candidates.length; index++) {
      const candidate = candidates[index] ?? '';
      let at = 0;
      while (at < candidate.length && this.#code(begin + at) === candidate.charCodeAt(at)) at++;
      if (at === candidate.length && this.#code(begin + at) === QUOTE && this.#code(begin - 1) === QUOTE) {
        this.#position = begin + at + 1;
        return index;
      }
    }
    return -1;
  }

  /**
   * Passes over what stands next where it is the very text that stood from `begin` to `end`, before it: who has read that once
   * need not read it again. False, and nothing consumed, where anything differs.
   */
  repeats(begin: number, end: number): boolean {
    const ahead = this.#position - begin;
    const ascii = this.#ascii;
    let at = begin;
    if (ascii === null) while (at < end && this.text.charCodeAt(at) === this.text.charCodeAt(ahead + at)) at++;
    else while (at < end && ascii[at] === ascii[ahead + at]) at++;
    if (at < end) return false;
    this.#position += end - begin;
    return true;
  }

  /** A whole number from 0 to 2^53 - 1, written without sign, fraction and exponent. */
  count(): number {
    this.#skipSpace();
    const begin = this.#position;
    let at = begin;
    let value = 0;
    let code = this.#code(at);
    while (code >= ZERO && code <= NINE) {
      value = value * 10 + (code - ZERO);
      code = this.#code(++at);
    }
    const digits = at - begin;
    const leadingZero = digits > 1 && this.#code(begin) === ZERO;
    // ".", "e" or "E" would go on to be a number that only happens to be whole.
    if (digits === 0 || leadingZero || code === 0x2e || code === 0x65 || code === 0x45) {
      this.#unexpected('a whole number without sign, fraction or exponent');
    }
    if (value > Number.MAX_SAFE_INTEGER)
      this.fail(`${this.text.slice(begin, Math.min(at, begin + 40))} is too large`, 'at most 2^53 - 1');
    this.#position = at;
    return value;
  }

  /** True, the word consumed, when the next value is null. */
  null(): boolean {
    this.#skipSpace();
    if (!this.text.startsWith('null', this.#position)) return false;
    this.#position += 4;
    return true;
  }

  /** Passes over any value. Two members of one object may not share a name. */
  skip(depth = 0): void {
    const { maxValues } = this.#rules;
    this.#values += 1;
    if (maxValues !== undefined && this.#values > maxValues)
      this.fail('the JSON has too many values', `at most ${maxValues}`);
    this.#skipSpace();
    const code = this.#code(this.#position);
    const nests = code === OPEN_BRACE || code === OPEN_BRACKET;
    if (nests && depth >= MAX_NESTING) this.fail('the nesting is too deep', `at most ${MAX_NESTING} levels`);
    if (code === OPEN_BRACE) this.#skipObject(depth);
    else if (code === OPEN_BRACKET) {
      if (this.openArray()) {
        do this.skip(depth + 1);
        while (this.moreElements());
      }
    } else if (code === QUOTE) this.skipString();
    else this.#skipWord(code);
  }

  /** Checks that nothing but white space follows. */
  end(): void {
    this.#skipSpace();
    if (this.#position < this.text.length) this.#unexpected('the end');
  }

  /** An empty list for the names of one object of this text, by their places. To be given to {@link reportDuplicates}. */
  distinctNames(): DistinctNames {
    return new DistinctNames(this.text, this.#ascii);
  }

  /** Reports names that come twice among those added, with `duplicate` or, without one, by failing. */
  reportDuplicates(names: DistinctNames): void {
    const { duplicate } = this.#rules;
    names.duplicates((name, first, again) => {
      if (duplicate) duplicate(name, first, again);
      else this.#rules.fail({ message: `the name ${quote(name)} occurs twice in one object`, position: again });
    });
  }

  #skipObject(depth: number): void {
    if (!this.openObject()) return;
    const names = this.#rules.duplicate === null ? null : (this.#names[depth] ??= this.distinctNames());
    names?.clear();
    do {
      const place = this.valuePosition();
      this.skipString();
      names?.add(place);
      this.colon();
      this.skip(depth + 1);
    } while (this.moreMembers());
    if (names !== null) this.reportDuplicates(names);
  }

  #skipWord(code: number): void {
    if (code === MINUS || (code >= ZERO && code <= NINE)) {
      NUMBER.lastIndex = this.#position;
      if (!NUMBER.test(this.text)) this.#unexpected('a number');
      const end = NUMBER.lastIndex;
      this.#rules.number?.(this.text.slice(this.#position, end), this.#position);
      this.#position = end;
      return;
    }
    const word = ['true', 'false', 'null'].find((candidate) => this.text.startsWith(candidate, this.#position));
    if (word === undefined) this.#unexpected('a value');
    this.#position += word.length;
  }

  /** The place of the closing quote of a string without escapes, the scanner standing after its opening one; else -1. */
  #plainEnd(): number {
    let begin = this.#position;
    // Names are most of a header, so their bytes get a loop of nothing else.
    if (this.#ascii !== null) begin = endOfPlain(this.#ascii, begin);
    for (let at = begin; ; at++) {
      const code = this.#code(at);
      if (code === QUOTE) return at;
      if (code === BACKSLASH) return -1;
      if (!(code >= 0x20)) {
        this.#position = at;
        this.#unexpected('the rest of a string');
      }
    }
  }

  #escapedString(begin: number): string {
    let at = begin;
    let code = this.#code(at);
    while (code !== QUOTE && code === code) {
      at += code === BACKSLASH ? 2 : 1;
      code = this.#code(at);
    }
    const literal = this.text.slice(begin - 1, at + 1);
    let value: string;
    try {
      value = JSON.parse(literal) as string;
    } catch {
      return this.#unexpected('a well-formed string');
    }
    // "\ud800" is good JSON and no text at all: it cannot be written as UTF-8, so two such names could become one.
    if (this.#rules.loneSurrogates !== true && LONE_SURROGATE.test(value))
      this.fail('a string holds half of a surrogate pair', 'well-formed Unicode');
    this.#position = at + 1;
    return value;
  }

  #open(code: number, what: string): void {
    this.#skipSpace();
    if (this.#code(this.#position) !== code) this.#unexpected(what);
    this.#position += 1;
  }

  #close(code: number): boolean {
    this.#skipSpace();
    if (this.#code(this.#position) !== code) return false;
    this.#position += 1;
    return true;
  }

  /** True after a comma, false after the closing character. */
  #next(close: number, what: string): boolean {
    this.#skipSpace();
    const code = this.#code(this.#position);
    if (code !== COMMA && code !== close) this.#unexpected(what);
    this.#position += 1;
    return code === COMMA;
  }

  #skipSpace(): void {
    let code = this.#code(this.#position);
    while (code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09) code = this.#code(++this.#position);
  }

  /** The UTF-16 unit at an index; NaN beyond the end, as `charCodeAt`. */
  #code(at: number): number {
    return this.#ascii === null ? this.text.charCodeAt(at) : (this.#ascii[at] ?? NaN);
  }

  #unexpected(allowed: string): never {
    const seen = this.text.slice(this.#position, this.#position + 20);
    return this.fail(seen === '' ? 'the JSON text ends' : `the JSON text has ${quote(seen)}`, allowed);
  }
}

/** The place of the first byte from `begin` on that is a quote, a backslash or a control character, or the end. */
function endOfPlain(ascii: Uint8Array, begin: number): number {
  let at = begin;
  for (
    let code = ascii[at] ?? QUOTE;
    code >= 0x20 && code !== QUOTE && code !== BACKSLASH;
    code = ascii[++at] ?? QUOTE
  );
  return at;
}
