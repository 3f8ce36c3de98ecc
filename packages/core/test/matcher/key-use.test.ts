import { expect, test } from 'vitest';
import { keyUses, type KeyUse } from '../../src/matcher/key-use.ts';
import { createMatcher } from '../../src/matcher/matcher.ts';
import { parameterOf, parametersOf } from '../helpers/parameters.ts';

const MODEL = [
  ...parametersOf(['model.layers.0.q_proj.weight', 'model.layers.0.q_proj.bias', 'model.layers.1.q_proj.weight']),
  parameterOf('model.layers.0.experts.gate_up_proj', 'experts'),
  parameterOf('model.norm.weight', 'norm'),
  parameterOf('model.rotary.inv_freq', 'buffer'),
];

function use(keys: readonly (readonly [string, string | null])[], key: string): KeyUse {
  const matcher = createMatcher(keys.map(([text, config]) => ({ key: text, config })));
  const found = keyUses(matcher, MODEL).find((one) => one.key === key);
  if (found === undefined) throw new Error('the key is not accounted for');
  return found;
}

test('a key that decides is counted with its parameters', () => {
  expect(use([['re:.*q_proj', 'A']], 're:.*q_proj')).toMatchObject({ use: 'decides', decides: 2, shadowedBy: [] });
  expect(use([['re:.*q_proj.*', null]], 're:.*q_proj.*')).toMatchObject({ use: 'decides', decides: 3 });
});

test('a key whose every parameter another key decides is shadowed, and by which', () => {
  const keys = [
    ['re:.*', 'A'],
    ['re:.*q_proj', 'B'],
    ['_default', 'C'],
  ] as const;
  expect(use(keys, 're:.*q_proj')).toMatchObject({ use: 'shadowed', decides: 0, shadowedBy: [0] });
  expect(use(keys, '_default')).toMatchObject({ use: 'shadowed', shadowedBy: [0] });
});

test('a module key beside its own weight key is shadowed, though it is what keeps the bias alone', () => {
  const keys = [
    ['model.layers.0.q_proj.weight', 'A'],
    ['model.layers.0.q_proj', 'B'],
  ] as const;
  expect(use(keys, 'model.layers.0.q_proj')).toMatchObject({ use: 'shadowed', shadowedBy: [0] });
});

test.each([
  ['model.layers.0', 'A'],
  ['model', null],
  ['', 'A'],
  ['re:model\\.layers\\.\\d', 'A'],
  ['model.layers.0.experts', 'A'],
  ['re:.*experts', 'A'],
] as const)(
  'key %j, which names only modules without a weight, is told apart from one that matches nothing',
  (key, config) => {
    expect(use([[key, config]], key).use).toBe('no-weight');
  },
);

test('a null on a module without weight protects its parameters, so it decides', () => {
  expect(use([['model.layers.0.experts', null]], 'model.layers.0.experts')).toMatchObject({
    use: 'decides',
    decides: 1,
  });
});

test('a key that names a buffer is told apart from a misspelt one', () => {
  expect(use([['model.rotary.inv_freq', 'A']], 'model.rotary.inv_freq').use).toBe('buffer');
  expect(use([['re:.*inv_freq', 'A']], 're:.*inv_freq').use).toBe('buffer');
});

test.each([
  ['layers.0.q_proj', 'model.layers.0.q_proj'],
  ['base.model.layers.1.q_proj', 'model.layers.1.q_proj'],
  ['model.layers.0.q_prj', 'model.layers.0.q_proj'],
  ['model.layers.0.q_proj.wieght', 'model.layers.0.q_proj.weight'],
  ['vision_tower.blocks.12', null],
])('the dead key %s suggests %s', (key, nearest) => {
  expect(use([[key, 'A']], key)).toMatchObject({ use: 'unmatched', nearest });
});

test('a dead pattern and a default without linear modules are unmatched and suggest nothing', () => {
  expect(use([['re:.*k_proj', 'A']], 're:.*k_proj')).toMatchObject({ use: 'unmatched', nearest: null });
  const [unused] = keyUses(createMatcher([{ key: '_default', config: 'A' }]), [parameterOf('norm.weight', 'norm')]);
  expect(unused).toMatchObject({ use: 'unmatched' });
});

test('a name of very many parts does not make the accounting slow or large', () => {
  const hostile = parameterOf(`${'a.'.repeat(200_000)}weight`);
  const [first] = keyUses(createMatcher([{ key: 'nothing', config: 'A' }]), [hostile]);
  expect(first?.use).toBe('unmatched');
});
