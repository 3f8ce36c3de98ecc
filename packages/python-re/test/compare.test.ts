import { describe, expect, it } from 'vitest';
import { compile, includes, overlaps } from '../src/index.ts';

const among = compile('[^.]+(?:\\.[^.]+)*');

describe('includes', () => {
  it.each([
    ['.*', 'lm_head'],
    ['.*_proj', '.*\\.[qk]_proj'],
    ['(?:a|b)*', 'a{2,5}b'],
    ['model\\..*', 'model\\.layers\\.\\d+\\.mlp'],
    ['(?i)LAYER', 'layer'],
    ['.*', '(?!x).*y'],
    ['(?!.*gate).*', 'model\\.up_proj'],
  ])('%s holds all that %s matches: a key behind it never decides', (outer, inner) => {
    expect(includes(compile(outer), compile(inner))).toEqual({ answer: 'yes', example: null });
  });

  it.each([
    ['.*_proj', '.*proj', 'proj'],
    ['layers.1', 'layers.', 'layersx'],
    ['a+', 'a*', ''],
    ['(?!.*gate).*', '.*_proj', 'gate_proj'],
  ])('%s misses a string that %s matches, and shows one', (outer, inner, example) => {
    expect(includes(compile(outer), compile(inner))).toEqual({ answer: 'no', example });
  });

  it('leaves out strings that are no names, so that a dot alone is no proof', () => {
    const [outer, inner] = [compile('.+\\.[^.]+'), compile('.*\\.q_proj')];
    expect(includes(outer, inner).answer).toBe('no');
    expect(includes(outer, inner, { among }).answer).toBe('yes');
  });

  it.each([
    ['a reference to a group', '(a|b)\\1', 'aa'],
    ['a look-ahead in the middle', 'a(?=b).*', 'ab'],
  ])('does not guess about %s', (_, outer, inner) => {
    expect(includes(compile(outer), compile(inner)).answer).toBe('undecided');
  });

  it('stops at its budget instead of building an automaton of two to the power of twenty states', () => {
    const [outer, inner] = [compile('.*a.{20}'), compile('.*b.{20}')];
    expect(includes(outer, inner, { work: 10_000 }).answer).not.toBe('yes');
    expect(overlaps(compile('.*a.{18}c'), compile('.*a.{19}d'), { work: 10_000 }).answer).toBe('undecided');
  });
});

describe('overlaps', () => {
  it('finds a string that both match', () => {
    const both = overlaps(compile('.*\\.q_proj'), compile('model\\..*'), { among });
    expect(both.answer).toBe('yes');
    expect(compile('.*\\.q_proj').testFullmatch(both.example ?? '')).toBe(true);
    expect(compile('model\\..*').testFullmatch(both.example ?? '')).toBe(true);
  });

  it('knows that two ends of names exclude each other', () => {
    expect(overlaps(compile('.*\\.q_proj'), compile('.*\\.v_proj'))).toEqual({ answer: 'no', example: null });
  });
});
