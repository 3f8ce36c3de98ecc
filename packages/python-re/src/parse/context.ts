import type { CharNode, PatternWarning, Width } from '../ast.ts';
import { contains } from '../charset/ranges.ts';
import { LimitError, PatternError, type PythonErrorKind } from '../errors.ts';
import { isIdentifier, pythonRepr } from '../unicode/repr.ts';
import { type UnicodeTables, unicodeTables } from '../unicode/tables.ts';
import { type PythonVersion, type VersionRules, versionRules } from '../version.ts';
import type { CharSource } from './char-source.ts';
import type { Flags } from './flags.ts';
import { PatternSource } from './source.ts';

/** Looks up `\N{…}`; undefined for an unknown name. */
export type CharacterNames = (name: string) => number | undefined;

/** What the parser may consume. */
export interface ParseLimits {
  /** Deepest nesting of groups. */
  readonly nesting: number;
  /** Ranges of characters in all classes together. */
  readonly classRanges: number;
}

/** Everything the parts of the parser share while they read one pattern. */
export class ParseContext {
  readonly pattern: string;
  readonly version: PythonVersion;
  readonly rules: VersionRules;
  readonly tables: UnicodeTables;
  readonly source: PatternSource;
  readonly limits: ParseLimits;
  readonly characterNames: CharacterNames | undefined;
  readonly warnings: PatternWarning[] = [];
  readonly groupNames: Map<string, number> = new Map<string, number>();
  /** Width of each group, undefined while it is open; index 0 is the whole pattern. */
  readonly groupWidths: (Width | undefined)[] = [undefined];
  /** First mention of each group number that a condition uses, checked at the end. */
  readonly conditionPositions: Map<bigint, number> = new Map<bigint, number>();
  /** What classes and escapes were written as; other literals are the character at their position. */
  readonly charSources: Map<CharNode, CharSource> = new Map<CharNode, CharSource>();
  /** Groups opened before the outermost look-behind that is being read. */
  lookBehindGroups: number | undefined;
  /** Ranges of characters in the classes read so far. */
  classRanges = 0;
  /** Letters of all global flags, including those of the caller. */
  globalFlags: string;

  constructor(
    pattern: string,
    version: PythonVersion,
    flags: string,
    limits: ParseLimits,
    characterNames: CharacterNames | undefined,
  ) {
    this.pattern = pattern;
    this.version = version;
    this.rules = versionRules(version);
    this.tables = unicodeTables(version);
    this.globalFlags = flags;
    this.limits = limits;
    this.characterNames = characterNames;
    this.source = new PatternSource(pattern, version);
  }

  /** The global flags as they are now. */
  get flags(): Flags {
    const has = (letter: string): boolean => this.globalFlags.includes(letter);
    return { ignoreCase: has('i'), multiLine: has('m'), dotAll: has('s'), verbose: has('x'), ascii: has('a') };
  }

  addGlobalFlags(letters: string): void {
    this.globalFlags += letters;
  }

  isAlpha(token: string): boolean {
    return !token.startsWith('\\') && contains(this.tables.alpha, token.codePointAt(0) ?? 0);
  }

  repr(text: string): string {
    return pythonRepr(text, this.tables);
  }

  /** Throws unless `name`, of which `back - length` characters follow, is an identifier. */
  checkGroupName(name: string): void {
    if (!isIdentifier(name, this.tables)) {
      raise(this, `bad character in group name ${this.repr(name)}`, Array.from(name).length + 1);
    }
  }

  /** Whether the group exists and is closed. */
  isClosed(group: number): boolean {
    return this.groupWidths[group] !== undefined;
  }

  /** Inside a look-behind, only groups that were closed before it may be mentioned. */
  checkLookBehindGroup(group: number): void {
    if (this.lookBehindGroups === undefined) return;
    if (!this.isClosed(group)) raise(this, 'cannot refer to an open group', 0);
    if (group >= this.lookBehindGroups) {
      raise(this, 'cannot refer to group defined in the same lookbehind subpattern', 0);
    }
  }

  /** Counts the ranges of one more class. */
  countRanges(boundaries: number): void {
    this.classRanges += boundaries / 2;
    const { classRanges } = this.limits;
    if (this.classRanges <= classRanges) return;
    throw new LimitError(this.pattern, 'classRanges', classRanges, 'its classes have more ranges of characters');
  }

  checkNesting(depth: number): void {
    if (depth <= this.limits.nesting) return;
    throw new LimitError(this.pattern, 'nesting', this.limits.nesting, `groups are nested ${depth} deep`);
  }

  warn(category: PatternWarning['category'], message: string, pos: number): void {
    this.warnings.push({ category, message: `${message} at position ${pos}`, pos });
  }

  throwKind(kind: PythonErrorKind, msg: string, pos?: number): never {
    throw new PatternError(this.pattern, this.version, kind, msg, pos);
  }
}

/** Throws the `re.error` whose position is `back` code points before the next token. */
export function raise(c: ParseContext, msg: string, back: number): never {
  return c.source.fail(msg, back);
}
