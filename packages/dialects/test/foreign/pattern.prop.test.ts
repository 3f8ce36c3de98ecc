import { compile } from '@fewbit/python-re';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { confineToWeight } from '../../src/foreign/pattern/confine.ts';
import { globSource, globsOf, parseGlob, withoutEnd } from '../../src/foreign/pattern/glob.ts';
import { moduleForms } from '../../src/foreign/pattern/module-forms.ts';
import { fullSource, literalOf, regex, type NamePattern } from '../../src/foreign/pattern/name-pattern.ts';
import { nameSet } from '../../src/foreign/pattern/name-set.ts';
import { anyModule } from './arbitraries.ts';
import { usable } from './recipes.ts';

const names = fc.array(anyModule, { minLength: 1, maxLength: 8 });

function matches(pattern: NamePattern | null, name: string): boolean {
  return pattern !== null && nameSet([pattern]).first(name) === 0;
}

describe('patterns of other systems', () => {
  it('a pattern that is tried at the start, or anywhere, matches other names as a full match', () => {
    fc.assert(
      fc.property(usable, fc.constantFrom('match', 'search', 'full'), names, (source, anchor, tried) => {
        const compiled = compile(source);
        const test = {
          match: (name: string) => compiled.testMatch(name),
          search: (name: string) => compiled.testSearch(name),
          full: (name: string) => compiled.testFullmatch(name),
        }[anchor];
        const set = nameSet([regex(source, anchor)]);
        expect(tried.map((name) => set.first(name) === 0)).toEqual(tried.map(test));
      }),
    );
  });

  it("a pattern for modules reaches other weights, or a bias, when it is held to the weight's name", () => {
    let said = 0;
    fc.assert(
      fc.property(usable, fc.constantFrom('match', 'search', 'full'), names, (source, anchor, tried) => {
        const full = fullSource(regex(source, anchor));
        const confined = confineToWeight(full);
        if (confined === null) return;
        said++;
        const [module, weight] = [compile(full), compile(confined)];
        for (const name of tried) {
          expect(weight.testFullmatch(`${name}.weight`), confined).toBe(module.testFullmatch(name));
          expect(weight.testFullmatch(`${name}.bias`)).toBe(false);
          expect(weight.testFullmatch(name)).toBe(false);
        }
      }),
    );
    expect(said).toBeGreaterThan(80);
  });

  it("a recipe's pattern for weights reaches other modules when .weight is taken off", () => {
    let said = 0;
    fc.assert(
      fc.property(usable, names, (source, tried) => {
        const { ofWeight, ofModule, unsaid } = moduleForms(source);
        const compiled = compile(source);
        if (!unsaid) said++;
        for (const name of tried) {
          const [byWeight, byModule] = [compiled.testFullmatch(`${name}.weight`), compiled.testFullmatch(name)];
          if (!unsaid) expect(matches(ofWeight, name)).toBe(byWeight);
          expect(matches(ofWeight, name) || matches(ofModule, name)).toBe(unsaid ? byModule : byWeight || byModule);
        }
      }),
      { numRuns: 300 },
    );
    expect(said).toBeGreaterThan(100);
  });

  it('a pattern written as globs reaches other names', () => {
    let said = 0;
    fc.assert(
      fc.property(usable, names, (source, tried) => {
        const globs = globsOf(source);
        if (globs === null) return;
        said++;
        const set = globs.map((glob) => compile(globSource(parseGlob(glob))));
        for (const name of tried) {
          expect(
            set.some((glob) => glob.testFullmatch(name)),
            globs.join(' '),
          ).toBe(compile(source).testFullmatch(name));
        }
      }),
      { numRuns: 300 },
    );
    expect(said).toBeGreaterThan(30);
  });

  it('a glob with its end taken off reaches other names', () => {
    const glob = fc.array(
      fc.constantFrom('*', '?', '[a-l]', '[!w]', '.', 'w', 'weight', 'ght_q', 'model', 'proj', '*_quantizer', '['),
      { maxLength: 5 },
    );
    fc.assert(
      fc.property(glob, names, (parts, tried) => {
        const tokens = parseGlob(parts.join(''));
        const whole = compile(globSource(tokens));
        const rest = withoutEnd(tokens, '.weight_quantizer').map((each) => compile(globSource(each)));
        for (const name of tried) {
          expect(rest.some((each) => each.testFullmatch(name))).toBe(whole.testFullmatch(`${name}.weight_quantizer`));
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('patterns that spell out a name', () => {
  it.each([
    ['^model\\.layers\\.0\\.q_proj$', 'match', 'model.layers.0.q_proj'],
    ['lm_head\\Z', 'match', 'lm_head'],
    ['lm_head', 'full', 'lm_head'],
    ['lm_head', 'match', null],
    ['lm_head$', 'search', null],
    ['^lm.head$', 'search', null],
    ['a\\d$', 'match', null],
  ] as const)('%s by %s', (source, anchor, name) => {
    expect(literalOf(regex(source, anchor))).toEqual(
      name === null ? regex(source, anchor) : { form: 'exact', module: name },
    );
  });
});
