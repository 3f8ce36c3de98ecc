import type { UnicodeTables } from '../unicode/tables.ts';
import { contains, fromCodePoints, intersect, negate, type Ranges, range, union } from './ranges.ts';

/** A character class as written: literals and categories apart, because ignoring case treats them differently. */
export interface ClassParts {
  /** Literal characters and ranges. */
  literals: Ranges;
  /** Those literal characters and ranges, as first and last, that end beyond U+FFFF; CPython 3.11 reads them its own way. */
  astral: readonly (readonly [first: number, last: number])[];
  /** `\d`, `\W` and the like. */
  categories: Ranges;
  /** Whether the class was negated. */
  negated: boolean;
}

/** No members yet. */
export const emptyClass = (): ClassParts => ({ literals: [], astral: [], categories: [], negated: false });

/** Adds the literals from `first` to `last`. */
export function addLiterals(parts: ClassParts, first: number, last: number): void {
  parts.literals = union(parts.literals, range(first, last));
  if (last > LAST_OF_BMP) parts.astral = [...parts.astral, [first, last]];
}

/** The last code point of the basic multilingual plane. */
const LAST_OF_BMP = 0xffff;
const BMP = range(0, LAST_OF_BMP);

const ASCII_UPPER = range(0x41, 0x5a);
const ASCII_LOWER = range(0x61, 0x7a);
const ASCII_CASED = union(ASCII_UPPER, ASCII_LOWER);

/** Case rules under one pair of flags; `lower` maps a character of the string before it is compared. */
export interface CaseRules {
  readonly cased: Ranges;
  /** Characters that `lower` changes. */
  readonly changed: Ranges;
  readonly pairs: readonly (readonly [from: number, to: number])[];
  readonly extra: ReadonlyMap<number, readonly number[]>;
  /** Lower-case form of one code point. */
  readonly lower: (code: number) => number;
}

/** ASCII-only rules, for `(?ia)`. */
export const ASCII_CASE_RULES: CaseRules = {
  cased: ASCII_CASED,
  changed: ASCII_UPPER,
  pairs: Array.from({ length: 26 }, (_, i) => [0x41 + i, 0x61 + i] as const),
  extra: new Map(),
  lower: (code) => (code >= 0x41 && code <= 0x5a ? code + 0x20 : code),
};

const unicodeRules: WeakMap<UnicodeTables, CaseRules> = new WeakMap();

/** Full rules of one Python version. */
export function unicodeCaseRules(tables: UnicodeTables): CaseRules {
  let rules = unicodeRules.get(tables);
  if (!rules) {
    const { lower } = tables;
    rules = {
      cased: tables.cased,
      changed: fromCodePoints([...lower.keys()]),
      pairs: [...lower],
      extra: tables.extraCases,
      lower: (code) => lower.get(code) ?? code,
    };
    unicodeRules.set(tables, rules);
  }
  return rules;
}

/** The lowered literals, plus those that count as equal to one of them. */
function fold(literals: Ranges, rules: CaseRules): Ranges {
  const images: number[] = [];
  for (const [from, to] of rules.pairs) if (contains(literals, from)) images.push(to);
  const lowered = union(intersect(literals, negate(rules.changed)), fromCodePoints(images));
  const more: number[] = [];
  for (const [code, others] of rules.extra) if (contains(lowered, code)) more.push(...others);
  return union(lowered, fromCodePoints(more));
}

/**
 * The folded literals as CPython 3.11 has them when some lie beyond U+FFFF (gh-126505): such a character is looked for
 * as it is written, so an upper-case one is never found, and of such a range, those whose upper case lies in it count
 * too, even if only ASCII case is ignored.
 */
function foldAs311(parts: ClassParts, rules: CaseRules, upper: ReadonlyMap<number, number>): Ranges {
  const more: number[] = [];
  let looked = fold(intersect(parts.literals, BMP), rules);
  for (const [first, last] of parts.astral) {
    looked = union(looked, range(first, last));
    if (first === last) continue;
    for (const [code, raised] of upper) if (raised >= first && raised <= last) more.push(code);
  }
  return union(looked, fromCodePoints(more));
}

/**
 * The characters that `parts` matches when case is ignored. Python lowers the character of the string and looks it up
 * in the folded class; a class without any cased literal is compared as it stands. Negation comes last. `upper` is the
 * simple upper-case mapping, given where gh-126505 is to be reproduced.
 */
export function ignoreCase(parts: ClassParts, rules: CaseRules, upper?: ReadonlyMap<number, number>): Ranges {
  let accepted = union(parts.literals, parts.categories);
  const as311 = upper && parts.astral.length > 0;
  if (as311 || intersect(parts.literals, rules.cased).length > 0) {
    const folded = as311 ? foldAs311(parts, rules, upper) : fold(parts.literals, rules);
    const looked = union(folded, parts.categories);
    const sources: number[] = [];
    for (const [from, to] of rules.pairs) if (contains(looked, to)) sources.push(from);
    accepted = union(intersect(looked, negate(rules.changed)), fromCodePoints(sources));
  }
  return parts.negated ? negate(accepted) : accepted;
}
