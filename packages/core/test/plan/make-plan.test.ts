import { describe, expect, it } from 'vitest';
import { deserializePlan, planQuantization, PlanRefusedError, serializePlan, type Plan } from '../../src/index.ts';
import { fakeAdapter, fakeConfig, storedWeight } from './fakes.ts';

const inputs = [{ name: 'model.safetensors', byteLength: 10_000 }];

function planOf(key: string): Plan {
  const parameters = [storedWeight('a', [4, 8], 100), storedWeight('b', [2, 2], 200)];
  const recipe = { entries: [{ key, config: fakeConfig(8, null) }] };
  return planQuantization({ inputs, parameters, recipe, adapter: fakeAdapter, rangeBytes: 32 });
}

describe('planQuantization', () => {
  it('cuts a quantized tensor at blocks and a copied one by bytes, so that memory is bounded by ranges', () => {
    const { items } = planOf('a');
    expect([...items]).toEqual([
      { phase: 'quantize', tensor: 0, start: 0, end: 16 },
      { phase: 'quantize', tensor: 0, start: 16, end: 32 },
      { phase: 'copy', tensor: 1, start: 0, end: 8 },
    ]);
  });

  it('tells which entry of the recipe quantizes a tensor and where its components go', () => {
    const { tensors, outputsOf } = planOf('a');
    expect(tensors).toMatchObject([
      { configEntry: 0, resolution: { tier: 'module', outcome: 'config' } },
      { configEntry: null },
    ]);
    expect([outputsOf(0), outputsOf(1)]).toEqual([
      [{ name: 'a.weight/qdata', dtype: 'U8', shape: [4, 8], file: 0, begin: 4, byteLength: 32 }],
      [{ name: 'b.weight/', dtype: 'BF16', shape: [2, 2], file: 0, begin: 36, byteLength: 8 }],
    ]);
  });

  it('lists every tensor that its config cannot take, not only the first', () => {
    const parameters = ['a', 'b', 'c'].map((name) => ({ ...storedWeight(name, [], 0) }));
    const recipe = { entries: [{ key: '_default', config: fakeConfig(1, null) }] };
    const make = (): Plan => planQuantization({ inputs, parameters, recipe, adapter: fakeAdapter });
    expect(make).toThrow(PlanRefusedError);
    expect(make).toThrow(/3 tensor\(s\)[\s\S]*a\.weight[\s\S]*b\.weight[\s\S]*c\.weight[\s\S]*scalars are refused/);
  });

  it('reports a key that matches nothing, since a typo would otherwise quantize nothing in silence', () => {
    const { findings } = planOf('aa');
    expect(findings.map(({ id }) => id)).toEqual(['nothing-quantized', 'key-matches-nothing']);
    expect(findings[1]?.message).toContain('"aa"');
  });
});

describe('serializePlan', () => {
  it('brings a plan through JSON unchanged, so that another machine can run it', () => {
    const plan = planOf('a');
    const back = deserializePlan(serializePlan(plan));
    expect({ ...back, outputsOf: null, items: [...back.items] }).toEqual({
      ...plan,
      outputsOf: null,
      items: [...plan.items],
    });
    for (const index of plan.tensors.keys()) expect(back.outputsOf(index)).toEqual(plan.outputsOf(index));
  });

  it.each([
    ['no JSON', '{'],
    ['another format', '{"format":"fewbit-plan/2"}'],
    ['no tensors', serializePlan(planOf('a')).replace('"tensors"', '"tensor"')],
    ['an output outside its file', serializePlan(planOf('a')).replace('"begin":36', '"begin":37')],
    ['an input outside its shard', serializePlan(planOf('a')).replace('"byteLength":10000', '"byteLength":150')],
    ['an unknown dtype', serializePlan(planOf('a')).replace('"dtype":"U8"', '"dtype":"U9"')],
    ['an item of no tensor', serializePlan(planOf('a')).replace('"tensor":1', '"tensor":2')],
  ])('refuses a plan with %s rather than write where it says', (_, text) => {
    expect(() => deserializePlan(text)).toThrow(expect.objectContaining({ code: 'FEWBIT_PLAN_INVALID' }) as Error);
  });
});
