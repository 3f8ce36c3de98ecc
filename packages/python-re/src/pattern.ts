import type { ParsedPattern, PatternWarning } from './ast.ts';
import { Match } from './match.ts';
import { type CompileOptions, type Settings, settingsOf } from './options.ts';
import { parsePattern } from './parse/index.ts';
import { KeySet } from './key-set.ts';
import { Backtracker, CodePoints, type Form } from './vm/backtracker.ts';

/** A compiled pattern, made by `compile`. All its positions count code points, as in Python. */
export class Pattern {
  /** The pattern as given. */
  readonly pattern: string;
  /** The settings it was compiled with, defaults filled in. */
  readonly settings: Settings;
  /** The syntax tree, with flags and case already applied to the character sets. */
  readonly syntax: ParsedPattern;
  #set: KeySet | undefined;
  #tester: Backtracker | undefined;
  #finder: Backtracker | undefined;
  readonly #codes = new CodePoints();

  /** @internal Use `compile`. */
  constructor(pattern: string, settings: Settings) {
    this.pattern = pattern;
    this.settings = settings;
    this.syntax = parsePattern(pattern, settings);
  }

  /** Warnings that Python issues when it compiles the pattern. */
  get warnings(): readonly PatternWarning[] {
    return this.syntax.warnings;
  }

  /** Number of capturing groups. */
  get groups(): number {
    return this.syntax.groups;
  }

  #find(form: Form, text: string): Match | undefined {
    this.#finder ??= new Backtracker(this.pattern, this.syntax, this.settings, true);
    const length = this.#codes.load(text);
    const found = this.#finder.find(form, this.#codes.text, length, text);
    return found && new Match(text, this.syntax, found);
  }

  #test(form: Form, text: string): boolean {
    this.#tester ??= new Backtracker(this.pattern, this.syntax, this.settings, false);
    const length = this.#codes.load(text);
    return this.#tester.find(form, this.#codes.text, length, text) !== undefined;
  }

  /**
   * Returns the match of all of `text`, or undefined, as `re.fullmatch`.
   *
   * @throws {UndecidedError} when `limits.steps` ran out before the answer was known.
   * @throws {LimitError} when the pattern, its counters written out, needs more than `limits.nodes`.
   */
  fullmatch(text: string): Match | undefined {
    return this.#find('fullmatch', text);
  }

  /** Returns the match at the start of `text`, or undefined, as `re.match`. Throws like `fullmatch`. */
  match(text: string): Match | undefined {
    return this.#find('match', text);
  }

  /** Returns the first match anywhere in `text`, or undefined, as `re.search`. Throws like `fullmatch`. */
  search(text: string): Match | undefined {
    return this.#find('search', text);
  }

  /** Returns whether `fullmatch` would find something, and is faster. Throws like `fullmatch`. */
  testFullmatch(text: string): boolean {
    this.#set ??= new KeySet([this], this.settings);
    return this.#set.first(text, 1) === 0;
  }

  /** Returns whether `match` would find something. Throws like `fullmatch`. */
  testMatch(text: string): boolean {
    return this.#test('match', text);
  }

  /** Returns whether `search` would find something. Throws like `fullmatch`. */
  testSearch(text: string): boolean {
    return this.#test('search', text);
  }
}

/**
 * Compiles a Python regular expression.
 *
 * @param pattern - What `re.compile` takes, as a string of code points; a lone surrogate counts as one.
 * @throws {PatternError} when Python refuses it, with Python's text and position.
 * @throws {UnsupportedPatternError} when it is valid but not supported.
 * @throws {LimitError} when it is larger than a limit.
 * @example
 * compile('(?i)layers\\.[0-9]+\\..*').testFullmatch('Layers.3.weight'); // true
 */
export function compile(pattern: string, options?: CompileOptions): Pattern {
  return new Pattern(pattern, settingsOf(options));
}
