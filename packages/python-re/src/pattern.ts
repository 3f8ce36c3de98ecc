import type { ParsedPattern, PatternWarning } from './ast.ts';
import { type CompileOptions, type Settings, settingsOf } from './options.ts';
import { parsePattern } from './parse/index.ts';
import { PatternSet } from './pattern-set.ts';

/** A compiled pattern, made by `compile`. */
export class Pattern {
  /** The pattern as given. */
  readonly pattern: string;
  /** The settings it was compiled with, defaults filled in. */
  readonly settings: Settings;
  /** The syntax tree, with flags and case already applied to the character sets. */
  readonly syntax: ParsedPattern;
  #set: PatternSet | undefined;

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

  /**
   * Returns whether all of `text` matches, as `re.fullmatch(pattern, text) is not None`.
   *
   * @throws {UnsupportedPatternError} when the pattern has something this package does not do.
   * @throws {UndecidedError} when a limit ran out before the answer was known.
   */
  testFullmatch(text: string): boolean {
    this.#set ??= new PatternSet([this], this.settings);
    return this.#set.firstFullmatch(text) === 0;
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
