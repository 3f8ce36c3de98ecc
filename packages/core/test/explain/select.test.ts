import { describe, expect, it } from 'vitest';
import {
  decide,
  detailOf,
  explainDecisions,
  selectTensors,
  singleGroups,
  sortGroups,
  type GroupOrder,
} from '../../src/index.ts';
import { fakeConfig, storedWeight } from '../plan/fakes.ts';

const weights = ['l.10', 'l.2', 'm'].map((name, at) => storedWeight(name, [4, 8 * (at + 1)], 0));
const decisions = decide(weights, {
  entries: [
    { key: 're:l.*', config: fakeConfig(1, null) },
    { key: 'l.2', config: null },
  ],
});
const rows = explainDecisions(decisions);

function order(by: GroupOrder): string[] {
  return sortGroups(singleGroups(rows), by).map(({ pattern }) => pattern);
}

describe('selectTensors', () => {
  it('takes what meets every condition', () => {
    expect(selectTensors(rows, {})).toBe(rows);
    expect(selectTensors(rows, { only: 'quantized' }).map(({ name }) => name)).toEqual(['l.10.weight']);
    expect(selectTensors(rows, { only: 'plain' })).toHaveLength(2);
    expect(selectTensors(rows, { key: 'l.2', name: (name) => name.startsWith('m') })).toEqual([]);
  });
});

describe('sortGroups', () => {
  it('orders names as people count, and sizes from the largest', () => {
    expect(order('name')).toEqual(['l.2.weight', 'l.10.weight', 'm.weight']);
    expect(order('bytes')).toEqual(['m.weight', 'l.2.weight', 'l.10.weight']);
    expect(order('saved')[0]).toBe('l.10.weight');
    expect(order('key')).toEqual(['l.2.weight', 'l.10.weight', 'm.weight']);
    expect(order('config')[0]).toBe('l.10.weight');
  });
});

describe('detailOf', () => {
  it('adds the tensors that one becomes, and names the nearest for a name that is not there', () => {
    expect(detailOf(rows, decisions, 'l.10.weight').components.length).toBeGreaterThan(0);
    expect(detailOf(rows, decisions, 'm.weight').components).toEqual([]);
    expect(() => detailOf(rows, decisions, 'l.10.wieght')).toThrow(/Did you mean "l\.10\.weight"/);
  });
});
