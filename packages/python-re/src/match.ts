import type { ParsedPattern } from './ast.ts';
import type { Found } from './vm/backtracker.ts';

/** A match, as Python's `re.Match`. All positions count code points. */
export class Match {
  /** The string that was matched. */
  readonly string: string;
  /** Number of the group that was closed last; undefined when none was. */
  readonly lastindex: number | undefined;
  readonly #syntax: ParsedPattern;
  readonly #found: Found;
  #chars: readonly string[] | undefined;

  /** @internal Use the methods of `Pattern`. */
  constructor(string: string, syntax: ParsedPattern, found: Found) {
    this.string = string;
    this.#syntax = syntax;
    this.#found = found;
    this.lastindex = found.lastIndex < 0 ? undefined : found.lastIndex;
  }

  /** Name of the group that was closed last; undefined when none was or it has none. */
  get lastgroup(): string | undefined {
    for (const [name, index] of this.#syntax.groupNames) if (index === this.lastindex) return name;
    return undefined;
  }

  #index(group: number | string): number {
    const index = typeof group === 'number' ? group : this.#syntax.groupNames.get(group);
    if (index === undefined || !Number.isInteger(index) || index < 0 || index > this.#syntax.groups) {
      throw new RangeError(`No such group: ${JSON.stringify(group)}; the pattern has ${this.#syntax.groups}`);
    }
    return index;
  }

  /**
   * Start and end of a group in code points; undefined when it took no part in the match. Group 0 is the whole match.
   *
   * @throws {RangeError} when there is no such group.
   */
  span(group: number | string = 0): readonly [start: number, end: number] | undefined {
    const index = this.#index(group);
    if (index === 0) return [this.#found.start, this.#found.end];
    const start = this.#found.marks[2 * index - 2] ?? -1;
    const end = this.#found.marks[2 * index - 1] ?? -1;
    // CPython 3.11 can end up with a group that ends before it starts, and raises SystemError.
    return start < 0 || end < start ? undefined : [start, end];
  }

  /** Start of a group in code points; -1 when it took no part in the match. */
  start(group: number | string = 0): number {
    return this.span(group)?.[0] ?? -1;
  }

  /** End of a group in code points; -1 when it took no part in the match. */
  end(group: number | string = 0): number {
    return this.span(group)?.[1] ?? -1;
  }

  /** Text of a group; undefined when it took no part in the match. */
  group(group: number | string = 0): string | undefined {
    const span = this.span(group);
    if (!span) return undefined;
    this.#chars ??= Array.from(this.string);
    return this.#chars.slice(...span).join('');
  }

  /** Texts of all groups from 1 on. */
  groups(): (string | undefined)[] {
    return Array.from({ length: this.#syntax.groups }, (_, i) => this.group(i + 1));
  }

  /** Texts of the named groups. */
  groupdict(): Map<string, string | undefined> {
    return new Map([...this.#syntax.groupNames].map(([name, index]) => [name, this.group(index)]));
  }
}
