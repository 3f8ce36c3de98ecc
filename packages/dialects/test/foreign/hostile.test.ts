import { InvalidRecipeError } from '@fewbit/core';
import { describe, expect, it } from 'vitest';
import { convertRecipe, foreignFormats, type ForeignFormat } from '../../src/foreign/index.ts';
import { weightOf } from './arbitraries.ts';

function format(name: string): ForeignFormat {
  const found = foreignFormats.find((each) => each.name === name);
  if (found === undefined) throw new Error(name);
  return found;
}

function problemsOf(name: string, text: string): readonly string[] {
  try {
    format(name).read(text);
  } catch (error) {
    if (error instanceof InvalidRecipeError) {
      return error.problems.map(
        ({ message, position }) => `${position?.line ?? '-'}:${position?.column ?? '-'} ${message}`,
      );
    }
    throw error;
  }
  return [];
}

const JSON_FORMATS = foreignFormats.filter(({ name }) => name !== 'llama.cpp');

describe('recipes from strangers', () => {
  it.each(JSON_FORMATS.map(({ name }) => name))(
    '%s: no JSON, a list, and depth without end are refused, not thrown through',
    (name) => {
      for (const text of ['', '{', '[]', '3', `${'['.repeat(5000)}${']'.repeat(5000)}`, '{"a":1,"a":2}']) {
        expect(() => format(name).read(text), text.slice(0, 20)).toThrow(InvalidRecipeError);
      }
    },
  );

  it.each(JSON_FORMATS.map(({ name }) => name))(
    '%s: members of every wrong type are refused, not thrown through',
    (name) => {
      const members = [
        'config_groups',
        'ignore',
        'scheme',
        'dynamic',
        'bits',
        'layer_config',
        'ignore_layers',
        'quant_cfg',
        'quant_type',
        'modules_to_not_convert',
        'quantization_config',
      ];
      for (const member of members) {
        for (const value of ['3', '"x"', 'true', '[1]', '[[]]', '{"a":3}', '{"__proto__":{"bits":4}}']) {
          const text = `{"${member}":${value}}`;
          try {
            format(name).read(text);
          } catch (error) {
            expect(error, text).toBeInstanceOf(InvalidRecipeError);
          }
        }
      }
    },
  );

  it('a pattern that is broken or too large is named with its place', () => {
    const long = `a{1,9}${'(b|c)'.repeat(2000)}`;
    expect(problemsOf('gptqmodel', '{\n  "dynamic": {\n    "+:(": {"bits": 4} } }')).toEqual([
      '3:5 dynamic "+:(": the pattern cannot be used: missing ), unterminated subpattern at position 0 (PCRE reads it there, and may take more)',
    ]);
    expect(problemsOf('compressed-tensors', JSON.stringify({ config_groups: { W4A16: [`re:${long}`] } }))[0]).toContain(
      'limits.patternLength',
    );
    expect(problemsOf('auto-round', '{"layer_config":{"[":{"bits":4}}}')[0]).toContain('unterminated character set');
    expect(problemsOf('llama.cpp', 'a=q4_0\n (?i)b=q8_0')[0]).toBe(
      '2:2 "(?i)b=q8_0": "(?" is read by std::regex otherwise than here, or not at all',
    );
    expect(
      problemsOf(
        'transformers',
        '{"quant_type":{"default":{"_type":"Int8WeightOnlyConfig","_data":{}}},"modules_to_not_convert":["("]}',
      ),
    ).toHaveLength(1);
  });

  it('llama.cpp: what is no pattern=type, or no type, is named with its place', () => {
    expect(problemsOf('llama.cpp', 'attn_v\n=q4_0 x= y=q99')).toEqual([
      '1:1 "attn_v": it is not of the form pattern=type',
      '2:1 "=q4_0": it is not of the form pattern=type',
      '2:7 "x=": it is not of the form pattern=type',
      expect.stringContaining('2:10 "y=q99": "q99" is no type of tensors; expected one of q4_0'),
    ]);
  });

  it('__proto__ is a name like any other, in every form', () => {
    const module = 'model.layers.0.__proto__';
    const text = JSON.stringify({ config_groups: { W4A16: [module, '__proto__'] }, ignore: ['constructor'] });
    for (const to of foreignFormats.filter(({ name }) => name !== 'llama.cpp')) {
      const parameters = [weightOf(module)];
      const { checked } = convertRecipe({ text, from: format('compressed-tensors'), to, parameters });
      expect(checked, to.name).toMatchObject({ quantized: 1, differing: 0 });
    }
  });

  it('thousands of exact names are converted in seconds, not minutes', () => {
    const dynamic: Record<string, unknown> = {};
    const parameters = Array.from({ length: 3000 }, (_, at) =>
      weightOf(`model.layers.${at % 60}.mlp.experts.${Math.floor(at / 60)}.up_proj`),
    );
    for (const { module } of parameters) dynamic[`+:^${module.replaceAll('.', '\\.')}$`] = { bits: 8 };
    const { checked } = convertRecipe({
      text: JSON.stringify({ bits: 4, dynamic }),
      from: format('gptqmodel'),
      to: format('fqn'),
      parameters,
    });
    expect(checked).toMatchObject({ quantized: 3000, differing: 0, named: 0 });
  }, 60_000);
});
