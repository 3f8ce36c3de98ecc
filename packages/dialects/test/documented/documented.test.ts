import { describe, expect, it } from 'vitest';
import { documented } from '../../src/index.ts';
import { INT4, INT8, INTX, modelOf, parameter, quantizedBy, recipeOf } from '../helpers/models.ts';

describe('documented', () => {
  const model = modelOf([parameter('a.weight', [64, 64]), parameter('a.bias', [64]), parameter('b.weight', [64, 48])]);

  it('lets the first pattern decide, and a null protect', () => {
    const recipe = recipeOf([
      ['re:a.weight', null],
      ['re:.*weight', INT8],
      ['re:.*', INTX],
    ]);
    const reading = documented.read(recipe, model);
    expect(quantizedBy(reading, model, recipe)).toEqual({ 'b.weight': 're:.*weight' });
    expect(reading.verdicts[0]).toMatchObject({ outcome: 'plain', entry: 0 });
    expect(reading.failure).toMatchObject({ error: 'ValueError', at: 'a.bias', entries: [2] });
  });

  it('tells what a config leaves alone', () => {
    const reading = documented.read(recipeOf([['_default', INT4]]), model);
    expect(reading.verdicts.map(({ outcome, entry }) => [outcome, entry])).toEqual([
      ['config', 0],
      ['plain', -1],
      ['plain', 0],
    ]);
    expect(reading.failure).toBeNull();
  });

  it('fails on a pattern that Python refuses, without throwing', () => {
    expect(documented.read(recipeOf([['re:(', INT8]]), model).failure).toMatchObject({
      error: 're.error',
      entries: [0],
    });
  });
});
