import { expect, it } from 'vitest';
import { compile, diagnose } from '../src/index.ts';

it.each([
  ['model\\.layers\\.[0-3]\\.mlp.*', 'model.layers.7.mlp.up', 13, '[0-3]'],
  ['model\\.layers\\.[0-3]\\.mlp.*', 'model.layers.2.attn', 15, 'm'],
  ['model\\.layers\\.\\d+\\.mlp\\.up_prj\\.weight', 'model.layers.12.mlp.up_proj.weight', 25, 'j'],
  ['a(b|c)d', 'aed', 1, '(b|c)'],
  ['(?!b)a*b', 'aac', 2, 'b'],
  ['abc', 'abd', 2, 'c'],
  ['(a)(b)\\2', 'abc', 2, '\\2'],
  ['x|y', 'z', 0, 'x|y'],
])('names the part of %s that stops at %s', (pattern, text, reached, part) => {
  expect(diagnose(compile(pattern), text)).toMatchObject({ reached, part: { text: part } });
});

it('says when the pattern ends before the string', () => {
  expect(diagnose(compile('ab'), 'abc')).toEqual({ reached: 2, part: undefined });
});

it('says nothing when there is a match', () => {
  expect(diagnose(compile('a.*'), 'abc')).toBeUndefined();
});
