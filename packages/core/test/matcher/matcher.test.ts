import { describe, expect, test } from 'vitest';
import { InvalidRecipeError } from '../../src/errors.ts';
import { createMatcher } from '../../src/matcher/matcher.ts';
import { createRecipe } from '../../src/recipe/create.ts';
import { dummyConfig } from '../helpers/dummy-config.ts';
import { parameterOf } from '../helpers/parameters.ts';

describe('each tier is told from the others', () => {
  const matcher = createMatcher([
    { key: '_default', config: 'E' },
    { key: 're:.*_proj', config: 'D' },
    { key: 're:.*up_proj.bias', config: 'C' },
    { key: 'm.fc', config: 'B' },
    { key: 'm.fc.weight', config: null },
  ]);

  test.each([
    ['m.fc.weight', { tier: 'parameter', entry: 4, outcome: 'null-config' }],
    ['m.fc.bias', { tier: 'module', entry: 3, outcome: 'module-key' }],
    ['m.up_proj.bias', { tier: 'parameter-regex', entry: 2, outcome: 'config' }],
    ['m.up_proj.weight', { tier: 'module-regex', entry: 1, outcome: 'config' }],
    ['m.up_proj.scale', { tier: 'module-regex', entry: 1, outcome: 'module-key' }],
    ['m.other.weight', { tier: 'default', entry: 0, outcome: 'config' }],
    ['m.other.bias', { tier: 'none', entry: -1, outcome: 'no-key' }],
  ])('%s', (name, resolution) => {
    expect(matcher.resolve(parameterOf(name))).toEqual(resolution);
  });
});

test('a null on a module leaves all of the module alone, not only its weight', () => {
  const matcher = createMatcher([
    { key: 'm', config: null },
    { key: 're:.*', config: 'A' },
  ]);
  expect(matcher.resolve(parameterOf('m.bias'))).toEqual({ tier: 'module', entry: 0, outcome: 'null-config' });
});

test('a buffer is told apart from a parameter that no key matches', () => {
  const matcher = createMatcher([{ key: 're:.*', config: 'A' }]);
  expect(matcher.resolve(parameterOf('rope.inv_freq', 'buffer')).outcome).toBe('buffer');
  expect(matcher.losers(parameterOf('rope.inv_freq', 'buffer'))).toEqual([]);
});

test('a recipe and its list of entries give the same matcher', () => {
  const recipe = createRecipe({ 're:.*q_proj': dummyConfig('Alpha'), lm_head: null });
  for (const name of ['m.q_proj.weight', 'lm_head.weight', 'm.k_proj.weight']) {
    const parameter = parameterOf(name);
    expect(createMatcher(recipe).resolve(parameter)).toEqual(createMatcher(recipe.entries).resolve(parameter));
  }
});

test('names that JavaScript objects treat specially are ordinary names', () => {
  const matcher = createMatcher([
    { key: '__proto__', config: 'A' },
    { key: 'constructor.weight', config: 'B' },
  ]);
  expect(matcher.resolve(parameterOf('__proto__.weight')).entry).toBe(0);
  expect(matcher.resolve(parameterOf('constructor.weight')).entry).toBe(1);
  expect(matcher.resolve(parameterOf('toString.weight')).outcome).toBe('no-key');
});

test('losers come in the order in which they would have been asked, each once, with the highest tier that it had', () => {
  const matcher = createMatcher([
    { key: '_default', config: 'A' },
    { key: 're:m\\.fc', config: 'B' },
    { key: 're:m.*', config: 'C' },
    { key: 'm.fc', config: 'D' },
    { key: 're:.*weight', config: 'E' },
    { key: 'm.fc.weight', config: 'F' },
    { key: 'elsewhere', config: 'G' },
  ]);
  expect(matcher.losers(parameterOf('m.fc.weight'))).toEqual([
    { entry: 3, tier: 'module' },
    { entry: 2, tier: 'parameter-regex' },
    { entry: 4, tier: 'parameter-regex' },
    { entry: 1, tier: 'module-regex' },
    { entry: 0, tier: 'default' },
  ]);
});

describe('a broken pattern', () => {
  const entries = [
    { key: 'exact.weight', config: 'A' },
    { key: 're:early.*', config: 'B' },
    { key: 're:(unclosed', config: 'C' },
    { key: 're:late.*', config: 'D' },
    { key: '_default', config: 'E' },
  ];

  test('refuses the recipe and names every such key', () => {
    const twice = [...entries, { key: 're:[', config: null }];
    const thrown = caught(() => createMatcher(twice));
    expect(thrown).toBeInstanceOf(InvalidRecipeError);
    expect((thrown as InvalidRecipeError).problems.map(({ key }) => key)).toEqual(['re:(unclosed', 're:[']);
    expect((thrown as InvalidRecipeError).problems[0]?.cause).toBeInstanceOf(Error);
    expect((thrown as Error).message).toContain('re:(unclosed');
  });

  test('with "raise", names that an earlier key decides are not held up by it', () => {
    const matcher = createMatcher(entries, { brokenPatterns: 'raise' });
    expect(matcher.resolve(parameterOf('exact.weight')).entry).toBe(0);
    expect(matcher.resolve(parameterOf('early.weight')).entry).toBe(1);
    expect([...matcher.broken.keys()]).toEqual([2]);
  });

  test.each(['late.weight', 'other.weight', 'norm.bias'])(
    'with "raise", %s fails rather than falling through to a later key or the default',
    (name) => {
      const matcher = createMatcher(entries, { brokenPatterns: 'raise' });
      expect(caught(() => matcher.resolve(parameterOf(name)))).toBeInstanceOf(InvalidRecipeError);
    },
  );
});

test('a key given twice is refused rather than decided by chance', () => {
  const thrown = caught(() =>
    createMatcher([
      { key: 'a', config: 'A' },
      { key: 'a', config: null },
    ]),
  );
  expect(thrown).toBeInstanceOf(InvalidRecipeError);
  expect((thrown as Error).message).toContain('"a"');
});

function caught(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}
