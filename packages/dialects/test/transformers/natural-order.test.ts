import { expect, it } from 'vitest';
import { compareNaturally } from '../../src/transformers/natural-order.ts';

it('orders names as transformers loads them: layers by number, so that the first error is the right one', () => {
  const names = ['b.weight', 'a.10.x', 'a.2.y', 'a.2.x', 'shard_11', 'shard_2', 'a', 'a.x', 'shard'];
  expect(names.toSorted(compareNaturally)).toEqual([
    'a',
    'a.2.x',
    'a.2.y',
    'a.10.x',
    'a.x',
    'b.weight',
    'shard',
    'shard_2',
    'shard_11',
  ]);
});
