import { describe, expect, test } from 'vitest';
import { explainResolution } from '../../src/matcher/explain.ts';
import { createMatcher } from '../../src/matcher/matcher.ts';
import { createRecipe } from '../../src/recipe/create.ts';
import { dummyConfig } from '../helpers/dummy-config.ts';
import { parameterOf } from '../helpers/parameters.ts';

const matcher = createMatcher(
  createRecipe([
    ['_default', dummyConfig('Alpha', 1)],
    ['re:m\\.fc', dummyConfig('Alpha', 2)],
    ['re:m\\.fc.*', null],
    ['re:.*weight', dummyConfig('Alpha', 3)],
    ['m.fc1', dummyConfig('Alpha', 5)],
    ['m.fc1.weight', dummyConfig('Alpha', 6)],
  ]),
);

test('says which key won, with its config, and why each other one lost', () => {
  const { text, key, losers } = explainResolution(matcher, parameterOf('m.fc1.weight'));
  expect(key).toBe('m.fc1.weight');
  expect(text).toBe('gets Alpha at level 6 from "m.fc1.weight", exact key of the parameter');
  expect(losers.map((loser) => `${loser.key}: ${loser.reason}`)).toEqual([
    'm.fc1: an exact key of the parameter beats an exact key of its module',
    're:m\\.fc.*: an exact key of the parameter beats a regular expression',
    're:.*weight: an exact key of the parameter beats a regular expression',
    '_default: _default is asked only when no other key matches',
  ]);
});

test('says that a pattern written later lost for that reason, and that the parameter goes before the module', () => {
  const { text, losers } = explainResolution(matcher, parameterOf('m.fc.weight'));
  expect(text).toBe('left alone: null from "re:m\\\\.fc.*", regular expression that matches the parameter\'s name');
  expect(losers.map((loser) => `${loser.key}: ${loser.reason}`)).toEqual([
    're:.*weight: written later: the first regular expression that matches decides',
    "re:m\\.fc: a regular expression that matches the parameter's name beats one that matches only the module's",
    '_default: _default is asked only when no other key matches',
  ]);
});

describe('says why a parameter is left alone', () => {
  test('beside the weight of its module', () => {
    const { text, losers } = explainResolution(matcher, parameterOf('m.fc1.bias'));
    expect(text).toBe(
      'left alone: "m.fc1", exact key of the module "m.fc1", decides, and it speaks only for weight, not for bias',
    );
    expect(losers.map(({ reason }) => reason)).toEqual(['an exact key of the module beats a regular expression']);
  });

  test('where no key matches', () => {
    const lonely = createMatcher([{ key: 'elsewhere', config: 'A' }]);
    expect(explainResolution(lonely, parameterOf('m.bias')).text).toBe('left alone: no key matches');
  });

  test('where _default does not reach', () => {
    const { text } = explainResolution(matcher, parameterOf('norm.bias', 'norm'));
    expect(text).toContain('_default reaches only the weights of linear modules');
    expect(text).toContain('bias of kind norm');
  });

  test('as a buffer', () => {
    expect(explainResolution(matcher, parameterOf('rope.inv_freq', 'buffer')).text).toContain('a buffer');
  });
});

test('configs of somebody else are described in their words, or not at all', () => {
  const foreign = createMatcher([{ key: 're:.*', config: { speed: 'slow' } }]);
  const parameter = parameterOf('m.weight');
  expect(explainResolution(foreign, parameter).text).toContain('gets its config from "re:.*"');
  const describeSpeed = (config: unknown): string => JSON.stringify(config);
  expect(explainResolution(foreign, parameter, describeSpeed).text).toContain('gets {"speed":"slow"} from');
});
