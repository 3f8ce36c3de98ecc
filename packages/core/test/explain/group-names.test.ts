import { describe, expect, it } from 'vitest';
import { groupNames } from '../../src/index.ts';

describe('groupNames', () => {
  it('shows layers and experts as ranges, and says which names each pattern stands for', () => {
    const names = [0, 1, 2].flatMap((layer) => [0, 1].map((expert) => `layers.${layer}.experts.${expert}.up.weight`));
    expect(groupNames(['head.weight', ...names], () => 0)).toEqual([
      { pattern: 'head.weight', names: 1, members: [0] },
      { pattern: 'layers.{0-2}.experts.{0-1}.up.weight', names: 6, members: [1, 2, 3, 4, 5, 6] },
    ]);
  });

  it('keeps names apart that come to different things, and claims no name that is not there', () => {
    const names = ['l.0.w', 'l.1.w', 'l.2.w', 'l.3.w'];
    expect(groupNames(names, (place) => (place === 1 ? 'a' : 'b')).map(({ pattern }) => pattern)).toEqual([
      'l.{0,2-3}.w',
      'l.1.w',
    ]);
  });

  it('says when a pattern stands for more names than there are', () => {
    const names = Array.from({ length: 20 }, (_, at) => `a.${at}.b.${(at * at) % 17}`);
    const [group] = groupNames(names, () => 0);
    expect(group?.members).toHaveLength(20);
    expect(group?.names).toBeGreaterThan(20);
  });
});
