import { describe, expect, it } from 'vitest';
import { groupTensors, type ExplainedTensor } from '../../src/index.ts';

function row(name: string, more: Partial<ExplainedTensor> = {}): ExplainedTensor {
  return {
    name,
    dtype: 'BF16',
    shape: [4, 4],
    module: '',
    kind: 'linear',
    tier: 'none',
    key: null,
    outcome: 'no-key',
    config: null,
    summary: null,
    elements: 16,
    bitsAfter: 16,
    because: null,
    bytesBefore: 32,
    bytesAfter: 32,
    tensorClass: null,
    reason: 'no key matches',
    refused: false,
    lost: [],
    ...more,
  };
}

function patterns(...rows: ExplainedTensor[]): string[] {
  return groupTensors(rows).map(({ pattern, count }) => `${pattern} ${count}`);
}

describe('groupTensors', () => {
  it('shows layers and experts as ranges, so that a large model fits a screen', () => {
    const names = [0, 1, 2].flatMap((layer) => [0, 1].map((expert) => `layers.${layer}.experts.${expert}.up.weight`));
    expect(patterns(...names.map((name) => row(name)))).toEqual(['layers.{0-2}.experts.{0-1}.up.weight 6']);
  });

  it('shows the holes of a range', () => {
    expect(patterns(...[0, 1, 2, 4, 7, 8].map((layer) => row(`layers.${layer}.w`)))).toEqual([
      'layers.{0-2,4,7-8}.w 6',
    ]);
  });

  it('splits what is no product into products, so that no pattern stands for a tensor that is not there', () => {
    expect(patterns(row('a.0.b.1'), row('a.1.b.0'))).toEqual(['a.0.b.1 1', 'a.1.b.0 1']);
    const dense = [0, 1, 2].flatMap((layer) => [0, 1].map((expert) => row(`l.${layer}.e.${expert}.w`)));
    expect(patterns(...dense, row('l.2.e.2.w'))).toEqual(['l.{0-1}.e.{0-1}.w 4', 'l.2.e.{0-2}.w 3']);
  });

  it('says of how many names a pattern stands for when the numbers are too scattered to split', () => {
    const rows = Array.from({ length: 40 }, (_, at) => row(`l.${at % 8}.e.${(at * 7) % 31}.w`));
    const [group, ...others] = groupTensors(rows);
    expect(others).toEqual([]);
    expect(group?.count).toBe(40);
    expect(group?.names).toBeGreaterThan(40);
    expect(group?.pattern).toBe('l.{0-7}.e.{0-30}.w');
  });

  it('gathers tensors of one fate from many keys, and counts them by key', () => {
    const rows = Array.from({ length: 20 }, (_, at) =>
      row(`e.${at}.w`, { key: `k${at % 5}`, tier: 'parameter-regex' }),
    );
    const [group, ...others] = groupTensors(rows);
    expect(others).toEqual([]);
    expect(group?.pattern).toBe('e.{0-19}.w');
    expect(group?.keys).toHaveLength(5);
    expect(group?.keys[0]).toEqual({ key: 'k0', tier: 'parameter-regex', count: 4 });
  });

  it('takes no number for another: leading zeros, digits inside words, runs too long for a number', () => {
    const names = ['l.7.w', 'l.07.w', 'l.h7.w', 'l.12345678901234567890.w', 'l..w', '0'];
    expect(patterns(...names.map((name) => row(name)))).toEqual(names.map((name) => `${name} 1`));
  });

  it('keeps tensors apart that get different configs, shapes or reasons', () => {
    expect(patterns(row('l.0.w'), row('l.1.w', { config: 'X' }), row('l.2.w', { shape: [2] }))).toHaveLength(3);
  });

  it('adds up sizes, and gives no size after for a group that is refused', () => {
    const [group] = groupTensors([row('l.0.w'), row('l.1.w')]);
    expect(group).toMatchObject({ bytesBefore: 64, bytesAfter: 64 });
    const [refused] = groupTensors([row('l.0.w', { bytesAfter: null }), row('l.1.w', { bytesAfter: null })]);
    expect(refused?.bytesAfter).toBeNull();
  });
});
