import { describe, expect, it } from 'vitest';
import { compileNameFilter } from '../../src/index.ts';

describe('compileNameFilter', () => {
  it.each([
    ['*.q_proj.*', 'a.q_proj.weight', true],
    ['*.q_proj.*', 'a.qxproj.weight', false],
    ['layers.{0-2,7}.w', 'layers.7.w', true],
    ['layers.{0-2,7}.w', 'layers.3.w', false],
    ['{q,k}_proj', 'k_proj', true],
    ['{q,k}_proj', 'v_proj', false],
    ['layer?', 'layer1', true],
    ['layer', 'layer1', false],
    ['a.b', 'axb', false],
    ['odd{', 'odd{', true],
    ['*', 'a\nb', true],
    ['re:.*\\.(q|k)_proj', 'a.k_proj', true],
    ['re:q_proj', 'a.q_proj', false],
  ])('%s on %j is %s: a glob or a Python pattern for the whole name', (pattern, name, matches) => {
    expect(compileNameFilter(pattern)(name)).toBe(matches);
  });

  it("says what is wrong with a pattern, in Python's words", () => {
    expect(() => compileNameFilter('re:(')).toThrow(
      expect.objectContaining({ code: 'FEWBIT_SELECTION_INVALID' }) as Error,
    );
    expect(() => compileNameFilter('l.{0-999999999}')).toThrow(/stands for more than 2000 names/);
  });
});
