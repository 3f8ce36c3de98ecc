import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createMatcher, type MatchedParameter } from '../../src/matcher/matcher.ts';
import { TIERS, type Resolution, type Tier } from '../../src/matcher/resolution.ts';
import type { ModuleKind } from '../../src/modules/kind.ts';
import { parameterOf } from '../helpers/parameters.ts';

const RUNS = { seed: 20_241_107, numRuns: 500 };

/** A key of which it is known, without any regular expression engine, which names it matches. */
interface KnownKey {
  readonly key: string;
  readonly sort: 'exact' | 'regex' | 'default';
  readonly matches: (name: string) => boolean;
}

interface KnownEntry extends KnownKey {
  readonly config: string | null;
}

const part = fc.constantFrom('a', 'b', 'c', 'ab', '0');
const module = fc.array(part, { maxLength: 3 }).map((parts) => parts.join('.'));
const ownName = fc.constantFrom('weight', 'bias', 'scale');
const name = fc.tuple(module, ownName).map(([owner, own]) => (owner === '' ? own : `${owner}.${own}`));
const kind: fc.Arbitrary<ModuleKind> = fc.constantFrom('linear', 'linear', 'norm', 'experts', 'other', 'buffer');
const parameter: fc.Arbitrary<MatchedParameter> = fc.tuple(name, kind).map(([fqn, of]) => parameterOf(fqn, of));

const escaped = (text: string): string => text.replaceAll('.', '\\.');
const anyName = fc.oneof(name, module);

const exactKey: fc.Arbitrary<KnownKey> = anyName.map((text) => ({
  key: text,
  sort: 'exact',
  matches: (seen) => seen === text,
}));
const regexKey: fc.Arbitrary<KnownKey> = fc.oneof(
  fc.constant<KnownKey>({ key: 're:.*', sort: 'regex', matches: () => true }),
  anyName.map((text): KnownKey => ({ key: `re:${escaped(text)}`, sort: 'regex', matches: (seen) => seen === text })),
  part.map((text): KnownKey => ({
    key: `re:${escaped(text)}.*`,
    sort: 'regex',
    matches: (seen) => seen.startsWith(text),
  })),
  anyName.map((text): KnownKey => ({
    key: `re:.*${escaped(text)}`,
    sort: 'regex',
    matches: (seen) => seen.endsWith(text),
  })),
  part.map((text): KnownKey => ({ key: `re:.*${text}.*`, sort: 'regex', matches: (seen) => seen.includes(text) })),
  fc.tuple(anyName, anyName).map(([left, right]): KnownKey => ({
    key: `re:(?:${escaped(left)}|${escaped(right)})`,
    sort: 'regex',
    matches: (seen) => seen === left || seen === right,
  })),
  // Without a full match this one would match anything that begins so.
  part.map((text): KnownKey => ({
    key: `re:${text}[.]weight`,
    sort: 'regex',
    matches: (seen) => seen === `${text}.weight`,
  })),
);
const defaultKey: fc.Arbitrary<KnownKey> = fc.constant({ key: '_default', sort: 'default', matches: () => false });

const entry: fc.Arbitrary<KnownEntry> = fc
  .tuple(
    fc.oneof(
      { weight: 3, arbitrary: exactKey },
      { weight: 4, arbitrary: regexKey },
      { weight: 1, arbitrary: defaultKey },
    ),
    fc.option(fc.constantFrom('A', 'B', 'C')),
  )
  .map(([key, config]) => ({ ...key, config }));
const recipe = fc.uniqueArray(entry, { maxLength: 8, selector: ({ key }) => key });

/** The documented rule, word for word. */
function model(
  entries: readonly KnownEntry[],
  { name: p, module: m, parameter: own, kind: of }: MatchedParameter,
): Resolution {
  if (of === 'buffer') return { tier: 'none', entry: -1, outcome: 'buffer' };
  const first = (sort: KnownKey['sort'], seen: string): number =>
    entries.findIndex((key) => key.sort === sort && key.matches(seen));
  const say = (tier: Resolution['tier'], at: number, speaks: boolean): Resolution => {
    return {
      tier,
      entry: at,
      outcome: entries[at]?.config === null ? 'null-config' : speaks ? 'config' : 'module-key',
    };
  };
  if (first('exact', p) !== -1) return say('parameter', first('exact', p), true);
  if (first('exact', m) !== -1) return say('module', first('exact', m), own === 'weight');
  if (first('regex', p) !== -1) return say('parameter-regex', first('regex', p), true);
  if (first('regex', m) !== -1) return say('module-regex', first('regex', m), own === 'weight');
  const fallback = entries.findIndex((key) => key.sort === 'default');
  if (fallback !== -1 && of === 'linear' && own === 'weight') return say('default', fallback, true);
  return { tier: 'none', entry: -1, outcome: 'no-key' };
}

/** The tier at which a key would speak to a parameter, by the documented rule. */
function tierOf({ sort, matches }: KnownKey, of: MatchedParameter): Tier {
  if (sort === 'default') return 'default';
  if (matches(of.name)) return sort === 'exact' ? 'parameter' : 'parameter-regex';
  if (matches(of.module)) return sort === 'exact' ? 'module' : 'module-regex';
  return 'none';
}

/** What a person sees of a verdict: the key and what it says, wherever the key stands. */
function seen(entries: readonly KnownEntry[], resolution: Resolution): readonly unknown[] {
  return [entries[resolution.entry]?.key ?? null, resolution.tier, resolution.outcome];
}

function verdict(entries: readonly KnownEntry[], of: MatchedParameter): readonly unknown[] {
  return seen(entries, createMatcher(entries).resolve(of));
}

describe('resolution', () => {
  test('follows the documented precedence for any recipe and name', () => {
    fc.assert(
      fc.property(recipe, fc.array(parameter, { minLength: 1, maxLength: 6 }), (entries, parameters) => {
        // One matcher for all of them, so that what it remembers of a module is used.
        const matcher = createMatcher(entries);
        for (const of of parameters) expect(matcher.resolve(of)).toEqual(model(entries, of));
      }),
      RUNS,
    );
  });

  test('of a survey is the same, and the other entries are those that speak for the parameter', () => {
    fc.assert(
      fc.property(recipe, fc.array(parameter, { minLength: 1, maxLength: 6 }), (entries, parameters) => {
        const matcher = createMatcher(entries);
        for (const of of parameters) {
          const { resolution, others } = matcher.survey(of);
          expect(resolution).toEqual(model(entries, of));
          const isWeight = of.parameter === 'weight' && of.kind !== 'buffer';
          const speaks = entries.flatMap(({ sort, matches }, at) => {
            if (at === resolution.entry) return [];
            if (sort === 'default') return isWeight && of.kind === 'linear' ? [at] : [];
            return matches(of.name) || (isWeight && matches(of.module)) ? [at] : [];
          });
          expect([...new Set(others)].sort((left, right) => left - right)).toEqual(speaks);
        }
      }),
      RUNS,
    );
  });

  test('does not depend on how keys of different kinds are interleaved', () => {
    fc.assert(
      fc.property(recipe, parameter, (entries, of) => {
        const sorted = ['default', 'regex', 'exact'].flatMap((sort) => entries.filter((key) => key.sort === sort));
        expect(verdict(sorted, of)).toEqual(verdict(entries, of));
      }),
      RUNS,
    );
  });

  test('does not depend on the order of exact keys', () => {
    fc.assert(
      fc.property(recipe, parameter, (entries, of) => {
        const exact = entries.filter(({ sort }) => sort === 'exact').reverse();
        const others = entries.filter(({ sort }) => sort !== 'exact');
        expect(verdict([...others, ...exact], of)).toEqual(verdict(entries, of));
      }),
      RUNS,
    );
  });

  test('under another order of regular expressions, changes only between those that match the same name', () => {
    fc.assert(
      fc.property(recipe, parameter, fc.nat(), (entries, of, turn) => {
        const regexes = entries.filter(({ sort }) => sort === 'regex');
        const others = entries.filter(({ sort }) => sort !== 'regex');
        const shift = regexes.length === 0 ? 0 : turn % regexes.length;
        const turned = [...others, ...regexes.slice(shift), ...regexes.slice(0, shift)];
        const [before, after] = [createMatcher(entries).resolve(of), createMatcher(turned).resolve(of)];
        expect(after.tier).toBe(before.tier);
        if (before.tier !== 'parameter-regex' && before.tier !== 'module-regex') {
          expect(seen(turned, after)).toEqual(seen(entries, before));
          return;
        }
        const asked = before.tier === 'parameter-regex' ? of.name : of.module;
        expect(turned[after.entry]?.matches(asked)).toBe(true);
        expect(turned.findIndex(({ sort, matches }) => sort === 'regex' && matches(asked))).toBe(after.entry);
      }),
      RUNS,
    );
  });

  test('is not changed by a key that matches neither the parameter nor its module', () => {
    fc.assert(
      fc.property(recipe, entry, fc.nat(), parameter, (entries, extra, at, of) => {
        fc.pre(extra.sort !== 'default' && !extra.matches(of.name) && !extra.matches(of.module));
        fc.pre(!entries.some(({ key }) => key === extra.key));
        const place = at % (entries.length + 1);
        const more = [...entries.slice(0, place), extra, ...entries.slice(place)];
        expect(verdict(more, of)).toEqual(verdict(entries, of));
      }),
      RUNS,
    );
  });

  test('stops at a null: whatever is added below it, the parameter stays alone', () => {
    fc.assert(
      fc.property(recipe, recipe, parameter, (entries, below, of) => {
        const { entry: at, outcome } = createMatcher(entries).resolve(of);
        fc.pre(outcome === 'null-config');
        const rank = (key: KnownKey): number => TIERS.indexOf(tierOf(key, of));
        const decided = entries[at];
        if (decided === undefined) throw new Error('a null came from no key');
        // Written later, a regular expression of the same tier is below too.
        const isBelow = (key: KnownKey): boolean => rank(key) >= rank(decided);
        const lower = below.filter((key) => isBelow(key) && !entries.some((had) => had.key === key.key));
        expect(createMatcher([...entries, ...lower]).resolve(of)).toMatchObject({ entry: at, outcome: 'null-config' });
      }),
      RUNS,
    );
  });

  test('tells every key that matches as winner or loser, and no other', () => {
    fc.assert(
      fc.property(recipe, parameter, (entries, of) => {
        const matcher = createMatcher(entries);
        const told = [matcher.resolve(of).entry, ...matcher.losers(of).map((loser) => loser.entry)];
        const reached = of.kind === 'linear' && of.parameter === 'weight';
        const expected = entries.flatMap(({ sort, matches }, at) => {
          const applies = sort === 'default' ? reached : matches(of.name) || matches(of.module);
          return applies && of.kind !== 'buffer' ? [at] : [];
        });
        expect(told.filter((at) => at !== -1).sort((left, right) => left - right)).toEqual(expected);
      }),
      RUNS,
    );
  });
});
