import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createMatcher, type MatchedParameter } from '../../src/matcher/matcher.ts';
import { gatherSiblings } from '../../src/matcher/siblings.ts';
import { surveyKeys } from '../../src/matcher/survey.ts';
import type { ModuleKind } from '../../src/modules/kind.ts';
import { parameterOf } from '../helpers/parameters.ts';

const RUNS = { seed: 20_261_126, numRuns: 500 };

const part = fc.constantFrom('a', 'b', '0', '1', '2', '10', 'x\ny');
const front = fc.array(part, { maxLength: 3 });
const end = fc.constantFrom('up.weight', 'up.bias', 'down.weight', 'weight', 'scale', '.weight', 'up.wei\nght');
const kind: fc.Arbitrary<ModuleKind> = fc.constantFrom('linear', 'linear', 'norm', 'other', 'buffer');

/** Some ends below each of some fronts, as a model has its layers, in an order or in none. */
const model: fc.Arbitrary<readonly MatchedParameter[]> = fc
  .tuple(
    fc.array(front, { minLength: 1, maxLength: 12 }),
    fc.array(fc.tuple(end, kind), { minLength: 1, maxLength: 4 }),
  )
  .chain(([fronts, ends]) => {
    const all = fronts.flatMap((parts) => ends.map(([rest, of]) => parameterOf([...parts, rest].join('.'), of)));
    return fc.oneof(fc.constant(all), fc.shuffledSubarray(all));
  });

/** Names that do not follow from their modules, which shows in their length. */
const byHand: fc.Arbitrary<readonly MatchedParameter[]> = fc.array(
  fc
    .record({ name: fc.string(), module: fc.string(), parameter: fc.string(), kind })
    .filter(({ name, module, parameter }) => ![0, 1].includes(name.length - module.length - parameter.length)),
);

const key = fc.oneof(
  fc.tuple(front, end).map(([parts, rest]) => [...parts, rest].join('.')),
  front.map((parts) => parts.join('.')),
  fc.constantFrom('_default', 're:.*', 're:.*up.*', 're:.*\\.up', 're:a\\.(?:0|1)\\..*', 're:a\\.\\d+\\.up\\.weight'),
  fc.constantFrom(
    're:[^.]+\\.1\\.down.weight',
    're:.*(?<!0)\\.up',
    're:(?!a).*weight',
    're:(.)\\.\\1.*',
    're:.*\\bup\\b.*',
  ),
  fc.constantFrom('re:x\\ny.*', 're:.*t', 're:a.*', 're:b\\.2.+', 're:(?s:.*)ght', 're:.*\\.10\\..*', 're:.{3}.*'),
);
const recipe = fc
  .uniqueArray(key, { minLength: 1, maxLength: 14 })
  .chain((keys) =>
    fc.tuple(...keys.map((each) => fc.record({ key: fc.constant(each), config: fc.constantFrom('A', null) }))),
  );

describe('siblings', () => {
  test('hold every parameter once, in order, and the front and the rest make its names', () => {
    fc.assert(
      fc.property(fc.oneof(model, byHand), (parameters) => {
        const seen = gatherSiblings(parameters).flatMap(({ front: beginning, first, family }) =>
          family.members.map(({ own, rest, parameter, kind: of }, at) => ({
            at: first + at,
            is: { name: beginning + rest, module: beginning + own, parameter, kind: of },
          })),
        );
        expect(seen).toEqual(
          parameters.map(({ name, module, parameter, kind: of }, at) => ({
            at,
            is: { name, module, parameter, kind: of },
          })),
        );
      }),
      RUNS,
    );
  });

  test('alike are one family, and the layers of a model are few', () => {
    const parameters = ['0', '1', '2', '3'].flatMap((layer) =>
      ['up.weight', 'down.weight'].map((rest) => parameterOf(`layers.${layer}.${rest}`, 'linear')),
    );
    const siblings = gatherSiblings(parameters);
    expect(siblings.map(({ front: beginning }) => beginning)).toEqual([
      'layers.0.',
      'layers.1.',
      'layers.2.',
      'layers.3.',
    ]);
    expect(new Set(siblings.map(({ family }) => family)).size).toBe(1);
  });

  test('get from the survey what each of them would get if it were asked by itself', () => {
    fc.assert(
      fc.property(recipe, model, (entries, parameters) => {
        const { resolutions, contested } = surveyKeys(createMatcher(entries), parameters);
        const others = new Map(contested.map(({ index, others: list }) => [index, list.toSorted()]));
        const matcher = createMatcher(entries);
        for (const [index, parameter] of parameters.entries()) {
          const alone = matcher.survey(parameter);
          expect(resolutions[index]).toEqual(alone.resolution);
          expect(others.get(index) ?? []).toEqual(alone.resolution.entry === -1 ? [] : alone.others.toSorted());
        }
      }),
      RUNS,
    );
  });
});
