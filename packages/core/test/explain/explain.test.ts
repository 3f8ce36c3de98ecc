import { describe, expect, it } from 'vitest';
import {
  countConfigs,
  countKeys,
  decide,
  explainDecisions,
  keyUses,
  totalsOf,
  type DialectReading,
  type ExplainedTensor,
  type Recipe,
} from '../../src/index.ts';
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
      quantizedBytesBefore: 64,
      bytesAfter: 104,
      coverage: 32 / 68,
      byteCoverage: 64 / 136,
      bitsPerElement: (104 * 8) / 68,
      bitsPerQuantizedElement: 8,
    });
  });
});

describe('a dialect', () => {
  const entries = [
    { key: 'block.up', config },
    { key: 're:block.*bias', config: null },
  ];
  const weight = storedWeight('block.up', [4, 8], 0);
  const bias = { ...weight, name: 'block.up.bias', parameter: 'bias', shape: [4], end: 8 };
  const taken = { outcome: 'config', entry: 0, because: 'it asks for modules only' } as const;
  const passed = { outcome: 'plain', entry: -1, because: 'a bias is passed over' } as const;
  const read = (verdicts: DialectReading['verdicts']): readonly ExplainedTensor[] =>
    explainDecisions(decide([weight, bias], { entries }), { reading: { verdicts, failure: null, hazards: [] } });

  it('is explained by its own rules, with sizes that follow from them', () => {
    expect(read([passed, passed])[0]).toMatchObject({
      config: null,
      outcome: 'no-key',
      bytesAfter: 64,
      because: passed.because,
    });
    expect(read([taken, passed])[0]).toMatchObject({
      config: 'FakeConfig',
      tier: 'module',
      key: 'block.up',
      bytesAfter: 32,
    });
  });

  it('that gives a config where the documented reading does not asks the config all the same', () => {
    const [, row] = read([taken, taken]);
    expect(row).toMatchObject({ key: 'block.up', because: taken.because });
    expect(row?.config === null).toBe(row?.outcome !== 'quantized');
  });
});

describe('counts', () => {
  it('tell for each config and each key how much it gets, and which key does nothing', () => {
    const weight = storedWeight('block.up', [4, 8], 0);
    const recipe = {
      entries: [
        { key: 'block.up', config },
        { key: 're:block.*up', config: null },
        { key: 'x', config },
      ],
    };
    const decisions = decide([weight], recipe);
    const rows = explainDecisions(decisions);
    expect(countConfigs(rows)).toMatchObject([{ config: 'FakeConfig', tensors: 1, elements: 32, bytesAfter: 32 }]);
    expect(countKeys(rows, keyUses(decisions.matcher, [weight], decisions.survey))).toMatchObject([
      { key: 'block.up', use: 'decides', tensors: 1, quantizedTensors: 1 },
      { key: 're:block.*up', use: 'shadowed', tensors: 0 },
      { key: 'x', use: 'unmatched', tensors: 0 },
    ]);
  });
});
