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
    config: null,
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

  it('does not claim a range that has holes', () => {
    expect(patterns(row('layers.0.w'), row('layers.2.w'))).toEqual(['layers.*.w 2']);
    expect(patterns(row('a.0.b.1'), row('a.1.b.0'))).toEqual(['a.*.b.* 2']);
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
