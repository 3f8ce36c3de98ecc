import { describe, expect, it, test } from 'vitest';
import { createSkipList } from '../../src/transformers/skip-list.ts';

describe('modules_to_not_convert', () => {
  test.each([
    ['model.layers.1', 'model.layers.1.mlp.weight', true],
    ['model.layers.1', 'model.layers.10.mlp.weight', false],
    ['mlp.gate', 'mlp.gate_proj.weight', false],
    ['q_proj', 'model.q_proj.weight', false],
    ['q_proj.weight', 'model.q_proj.weight', true],
    ['.*q_proj', 'model.q_proj.weight', true],
    ['model.layers.', 'model.layers.3.weight', true],
    ['model.layers', 'modelxlayers.3.weight', true],
    ['a|b', 'b.weight', true],
    ['a', 'a\n', true],
    ['', 'a', true],
    ['é', 'é.weight', true],
  ])('%j and %j: %s', (member, name, skipped) => {
    expect(createSkipList([member], '5.23')(name).skipped).toBe(skipped);
  });

  it('knew no ends of names before 5.23, so that layer 1 meant layers 10 and 11 too', () => {
    expect(createSkipList(['model.layers.1'], '5.18')('model.layers.10.mlp.weight').skipped).toBe(true);
  });

  it('says which member cannot be used', () => {
    expect(createSkipList(['('], '5.23')('a.weight')).toMatchObject({ skipped: 'raises', by: '(' });
  });
});
