import type { UnicodeTables } from '../unicode/tables.ts';
import { contains, fromCodePoints, intersect, negate, type Ranges, range, union } from './ranges.ts';

/** A character class as written: literals and categories apart, because ignoring case treats them differently. */
export interface ClassParts {
  /** Literal characters and ranges. */
  literals: Ranges;
  /** `\d`, `\W` and the like. */
  categories: Ranges;
  /** Whether the class was negated. */
  negated: boolean;
}

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
 * The characters that `parts` matches when case is ignored. Python lowers the character of the string and looks it up
 * in the folded class; a class without any cased literal is compared as it stands. Negation comes last.
 */
export function ignoreCase(parts: ClassParts, rules: CaseRules): Ranges {
  let accepted = union(parts.literals, parts.categories);
  if (intersect(parts.literals, rules.cased).length > 0) {
    const looked = union(fold(parts.literals, rules), parts.categories);
    const sources: number[] = [];
    for (const [from, to] of rules.pairs) if (contains(looked, to)) sources.push(from);
    accepted = union(intersect(looked, negate(rules.changed)), fromCodePoints(sources));
  }
  return parts.negated ? negate(accepted) : accepted;
}
