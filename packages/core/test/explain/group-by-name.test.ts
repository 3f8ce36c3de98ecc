import { describe, expect, it } from 'vitest';
import { groupByName } from '@fewbit/core';

const rows = (...names: string[]): { readonly name: string }[] => names.map((name) => ({ name }));

describe('groupByName', () => {
  it('shows layers that repeat as one line with their range', () => {
    const groups = groupByName(
      rows('model.layers.0.up.weight', 'model.layers.1.up.weight', 'lm_head.weight'),
      () => '',
    );
    expect(groups.map(({ pattern, rows: members }) => [pattern, members.length])).toEqual([
      ['model.layers.{0-1}.up.weight', 2],
      ['lm_head.weight', 1],
    ]);
  });

  it('keeps apart what differs in anything but its numbers', () => {
    const groups = groupByName(rows('layers.0.up', 'layers.1.up', 'layers.2.up'), ({ name }) =>
      String(name === 'layers.1.up'),
    );
    expect(groups.map(({ pattern }) => pattern)).toEqual(['layers.*.up', 'layers.1.up']);
  });
});
