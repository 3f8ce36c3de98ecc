import type { ParameterInfo } from '@fewbit/core';
import type { Origin } from './origin.ts';
import { ANYTHING, fullSource, literalOf, regex, type NamePattern } from './pattern/name-pattern.ts';
import { nameSet } from './pattern/name-set.ts';
import type { Findings } from './findings.ts';
import { sameScheme, schemeKey, type AdaptedScheme, type Scheme } from './scheme/scheme.ts';

/** What becomes of the weights of some modules; null leaves them as they are. */
export interface Rule {
  readonly pattern: NamePattern;
  readonly scheme: Scheme | null;
  readonly origin: Origin;
}

/**
 * What every system's recipe comes down to: rules about modules, in an order in which the first that matches decides,
 * and what becomes of the weights of linear modules that no rule is about.
 */
export interface RuleList {
  readonly rules: readonly Rule[];
  /** Null: they stay as they are. */
  readonly fallback: { readonly scheme: Scheme | null; readonly origin: Origin } | null;
  /** True where the patterns match modules that can be quantized and no others, whatever else a model has. */
  readonly namesOnly?: boolean;
}

/** The first rule that is about a module decides; -1 is the fallback. */
export function firstMatch(rules: readonly Rule[]): (module: string) => number {
  return nameSet(rules.map(({ pattern }) => pattern)).first;
}

/** True for the weight of a linear module: all that most of these systems look at. */
export function isLinearWeight({ kind, parameter }: ParameterInfo): boolean {
  return kind === 'linear' && parameter === 'weight';
}

/**
 * The same list without exact rules that an earlier rule decides already, so that exact names may be looked up first, as
 * most systems do.
 */
export function exactFirst(rules: readonly Rule[]): readonly Rule[] {
  const first = firstMatch(rules);
  const kept = rules.filter(({ pattern }, index) => pattern.form !== 'exact' || first(pattern.module) === index);
  const isExact = ({ pattern }: Rule): boolean => pattern.form === 'exact';
  return [...kept.filter(isExact), ...kept.filter((rule) => !isExact(rule))];
}

/**
 * The list in the form that writers start from: patterns that spell out one name are that name, and rules after one that
 * is about every module are gone, since they decide nothing.
 */
export function reachable(list: RuleList): RuleList {
  const rules = list.rules.map((rule) => ({ ...rule, pattern: literalOf(rule.pattern) }));
  const all = rules.findIndex(({ pattern }) => pattern.form === 'all');
  if (all === -1) return { ...list, rules };
  return { ...list, rules: rules.slice(0, all), fallback: rules[all] ?? null };
}

/** What matches `pattern` and none of `others`, for systems in which skipping always wins. */
export function except(pattern: NamePattern, others: readonly NamePattern[]): NamePattern {
  if (others.length === 0) return pattern;
  const guards = others.map((other) => `(?!${fullSource(other)}\\Z)`).join('');
  return regex(`${guards}${pattern.form === 'all' ? ANYTHING : fullSource(pattern)}`, 'full');
}

/** The rules with schemes as a system can have them; what that loses goes to the findings, each under its entry. */
export function adaptRules(
  { rules, fallback, ...rest }: RuleList,
  adapt: (scheme: Scheme) => AdaptedScheme,
  findings: Findings,
): RuleList {
  const adapted = <T extends { readonly scheme: Scheme | null; readonly origin: Origin }>(rule: T): T => {
    if (rule.scheme === null) return rule;
    const { scheme, losses } = adapt(rule.scheme);
    findings.addAll(losses, rule.origin);
    return { ...rule, scheme };
  };
  return { ...rest, rules: rules.map(adapted), fallback: fallback === null ? null : adapted(fallback) };
}

/** The scheme of the most rules; null when none has one. */
export function mostCommon(rules: readonly Pick<Rule, 'scheme'>[]): Scheme | null {
  const counts: Map<string, { count: number; readonly scheme: Scheme }> = new Map();
  for (const { scheme } of rules) {
    if (scheme === null) continue;
    const entry = counts.get(schemeKey(scheme)) ?? { count: 0, scheme };
    entry.count += 1;
    counts.set(schemeKey(scheme), entry);
  }
  const [best] = [...counts.values()].sort((left, right) => right.count - left.count);
  return best?.scheme ?? null;
}

/** True for a scheme that is one of two things: nothing, or the only one. */
export function sameOrNull(scheme: Scheme | null, only: Scheme | null): boolean {
  return scheme === null || sameScheme(scheme, only);
}
