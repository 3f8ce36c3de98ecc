import { PatternError } from '../errors.ts';
import type { PythonVersion } from '../version.ts';

/**
 * The pattern as tokens: single code points, or a backslash with the code point after it. One token is read ahead, so a
 * lone backslash at the end is reported as soon as the token before it is taken, as Python does.
 */
export class PatternSource {
  /** Code points of the pattern. */
  readonly chars: readonly string[];
  /** The token that `take` would return; undefined at the end. */
  next: string | undefined;
  readonly #pattern: string;
  readonly #version: PythonVersion;
  #start = 0;
  #after = 0;

  constructor(pattern: string, version: PythonVersion) {
    this.#pattern = pattern;
    this.#version = version;
    this.chars = Array.from(pattern);
    this.#advance();
  }

  /** Code-point index where the next token begins. */
  get pos(): number {
    return this.#start;
  }

  /** Starts again at code point `pos`. */
  seek(pos: number): void {
    this.#after = pos;
    this.#advance();
  }

  /** Returns the next token and moves on. */
  take(): string | undefined {
    const token = this.next;
    this.#advance();
    return token;
  }

  /** Moves on if the next token is `token`. */
  match(token: string): boolean {
    if (this.next !== token) return false;
    this.#advance();
    return true;
  }

  /** Takes at most `limit` tokens that are single characters out of `allowed`. */
  takeWhile(limit: number, allowed: string): string {
    let out = '';
    for (let i = 0; i < limit; i++) {
      const token = this.next;
      if (token?.length !== 1 || !allowed.includes(token)) break;
      out += token;
      this.#advance();
    }
    return out;
  }

  /** Takes everything before `terminator`, and it too. `what` is named when it is missing. */
  takeUntil(terminator: string, what: string): string {
    let out = '';
    for (;;) {
      const token = this.take();
      if (token === undefined) {
        if (out === '') return this.fail(`missing ${what}`, 0);
        return this.fail(`missing ${terminator}, unterminated name`, Array.from(out).length);
      }
      if (token === terminator) return out === '' ? this.fail(`missing ${what}`, 1) : out;
      out += token;
    }
  }

  /** Throws the `re.error` whose position is `back` code points before the next token. */
  fail(msg: string, back: number): never {
    throw new PatternError(this.#pattern, this.#version, 're.error', msg, this.pos - back);
  }

  #advance(): void {
    this.#start = Math.min(this.#after, this.chars.length);
    const char = this.chars[this.#start];
    this.#after++;
    if (char === undefined) {
      this.#after = this.chars.length;
      this.next = undefined;
    } else if (char === '\\') {
      const escaped = this.chars[this.#after];
      if (escaped === undefined) {
        const at = this.chars.length - 1;
        throw new PatternError(this.#pattern, this.#version, 're.error', 'bad escape (end of pattern)', at);
      }
      this.#after++;
      this.next = char + escaped;
    } else {
      this.next = char;
    }
  }
}
