import type { PythonVersion } from './version.ts';

/** Stable identifiers of everything this package refuses; test these, not the text. */
export type PythonReErrorCode =
  'PYTHON_RE_INVALID' | 'PYTHON_RE_UNSUPPORTED' | 'PYTHON_RE_LIMIT' | 'PYTHON_RE_UNDECIDED';

/** The Python exception class that `re.compile` raises for an invalid pattern. */
export type PythonErrorKind = 're.error' | 'OverflowError' | 'ValueError';

/** Base of every error that this package throws on purpose. */
export class PythonReError extends Error {
  /** What kind of refusal this is. */
  readonly code: PythonReErrorCode;
  /** The pattern concerned, as given. */
  readonly pattern: string;
  /** Where the pattern stands in its set; of no meaning outside `compileSet`. */
  index: number | undefined;

  constructor(code: PythonReErrorCode, pattern: string, text: string) {
    super(text);
    this.name = new.target.name;
    this.code = code;
    this.pattern = pattern;
  }
}

/** Line (from 1) and column (from 1) of a code-point position, with Python's notion of a line. */
export function lineAndColumn(codePoints: readonly string[], pos: number): { lineno: number; colno: number } {
  let lineno = 1;
  let lineStart = 0;
  for (let i = 0; i < pos; i++) {
    if (codePoints[i] === '\n') {
      lineno++;
      lineStart = i + 1;
    }
  }
  return { lineno, colno: pos - lineStart + 1 };
}

/**
 * The pattern is not valid Python. `message` is, letter for letter, `str()` of the exception that the chosen version of
 * CPython raises: `msg` plus ` at position N`, plus ` (line L, column C)` when the pattern has a newline.
 */
export class PatternError extends PythonReError {
  /** The exception class in Python; `re.error` is called `re.PatternError` from 3.13 on. */
  readonly kind: PythonErrorKind;
  /** CPython's message without the position. */
  readonly msg: string;
  /** Code-point index in the pattern; undefined where CPython gives none (look-behind width, overflow). */
  readonly pos: number | undefined;
  /** Line of `pos`, from 1. */
  readonly lineno: number | undefined;
  /** Column of `pos`, from 1. */
  readonly colno: number | undefined;
  /** The version whose rules were broken. */
  readonly version: PythonVersion;

  constructor(pattern: string, version: PythonVersion, kind: PythonErrorKind, msg: string, pos?: number) {
    const at = pos === undefined ? undefined : lineAndColumn(Array.from(pattern), pos);
    let text = msg;
    if (pos !== undefined && at) {
      text += ` at position ${pos}`;
      if (pattern.includes('\n')) text += ` (line ${at.lineno}, column ${at.colno})`;
    }
    super('PYTHON_RE_INVALID', pattern, text);
    this.kind = kind;
    this.msg = msg;
    this.pos = pos;
    this.lineno = at?.lineno;
    this.colno = at?.colno;
    this.version = version;
  }

  /** The same text as `message`. */
  get text(): string {
    return this.message;
  }
}

/** The pattern is (or may be) valid Python, but this package does not do it; it never guesses instead. */
export class UnsupportedPatternError extends PythonReError {
  /** The construct that is not supported. */
  readonly feature: string;
  /** Code-point index of the construct in the pattern. */
  readonly pos: number;

  constructor(pattern: string, feature: string, pos: number, remedy: string) {
    super('PYTHON_RE_UNSUPPORTED', pattern, `Unsupported ${feature} at position ${pos}. ${remedy}`);
    this.feature = feature;
    this.pos = pos;
  }
}

/** A valid pattern is larger than a configured static limit. */
export class LimitError extends PythonReError {
  /** Name of the option in `limits` that was exceeded. */
  readonly limit: string;
  /** Its configured value. */
  readonly allowed: number;

  constructor(pattern: string, limit: string, allowed: number, seen: string) {
    super(
      'PYTHON_RE_LIMIT',
      pattern,
      `Pattern exceeds limits.${limit} = ${allowed}: ${seen}. Raise the limit or simplify.`,
    );
    this.limit = limit;
    this.allowed = allowed;
  }
}

/** The work budget ran out before the answer was known. This is never to be read as "no match". */
export class UndecidedError extends PythonReError {
  /** The string that was being matched. */
  readonly subject: string;
  /** Name of the option in `limits` that ran out. */
  readonly limit: string;
  /** Its configured value. */
  readonly allowed: number;

  constructor(pattern: string, subject: string, limit: string, allowed: number) {
    const shown = subject.length > 80 ? `${subject.slice(0, 77)}...` : subject;
    super(
      'PYTHON_RE_UNDECIDED',
      pattern,
      `Undecided whether ${JSON.stringify(pattern)} matches ${JSON.stringify(shown)} (${subject.length} characters): ` +
        `limits.${limit} = ${allowed} ran out. Raise the limit or simplify the pattern.`,
    );
    this.subject = subject;
    this.limit = limit;
    this.allowed = allowed;
  }
}
