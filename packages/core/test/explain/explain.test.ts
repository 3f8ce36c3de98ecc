import { describe, expect, it } from 'vitest';
import { decide, explainDecisions, totalsOf, type ExplainedTensor, type Recipe } from '../../src/index.ts';
import { fakeConfig, storedWeight } from '../plan/fakes.ts';

const config = fakeConfig(1, null);

function explain(entries: Recipe['entries']): readonly ExplainedTensor[] {
  const weight = storedWeight('block.up', [4, 8], 0);
  const bias = { ...weight, name: 'block.up.bias', parameter: 'bias', shape: [4], end: 8 };
  const buffer = { ...weight, name: 'rope.inv_freq', module: 'rope', parameter: 'inv_freq', kind: 'buffer' as const };
  return explainDecisions(decide([weight, bias, buffer], { entries }));
}

describe('explainDecisions', () => {
  it('tells for each tensor which key won at which tier, and what it becomes', () => {
    const [weight] = explain([{ key: 'block.up', config }]);
    expect(weight).toMatchObject({
      tier: 'module',
      key: 'block.up',
      config: 'FakeConfig',
      tensorClass: 'FakeTensor',
      bytesBefore: 64,
      bytesAfter: 32,
      reason: null,
    });
  });

  it('tells why a tensor is left alone, whichever of the reasons it is', () => {
    expect(explain([{ key: 'block.up', config }]).map(({ reason }) => reason)).toEqual([
      null,
      'a key of its module speaks only for "weight", not for "bias"',
      'a buffer, which no key selects',
    ]);
    expect(explain([{ key: 're:block.*', config: null }])[0]?.reason).toBe('its key says null: leave alone');
    expect(explain([])[0]?.reason).toBe('no key matches');
  });

  it('names the keys that matched and lost, and why', () => {
    const [weight] = explain([
      { key: 're:block\\.up\\.weight', config },
      { key: 'block.up.weight', config: null },
    ]);
    expect(weight?.lost).toEqual([
      {
        key: 're:block\\.up\\.weight',
        tier: 'parameter-regex',
        why: 'an exact key of the parameter beats a regular expression',
      },
    ]);
  });

  it('marks a tensor that its config cannot take, with no size after', () => {
    const scalar = storedWeight('s', [], 0);
    const [row] = explainDecisions(decide([scalar], { entries: [{ key: 's', config }] }));
    expect(row).toMatchObject({ refused: true, bytesAfter: null, config: null, reason: 'scalars are refused' });
  });
});

describe('totalsOf', () => {
  it('counts weights and bytes, so that the size is known before hours of work', () => {
    expect(totalsOf(explain([{ key: 'block.up', config }]))).toEqual({
      tensors: 3,
      quantizedTensors: 1,
      elements: 68,
      quantizedElements: 32,
      bytesBefore: 136,
      bytesAfter: 104,
      bitsPerQuantizedElement: 8,
    });
  });
});
