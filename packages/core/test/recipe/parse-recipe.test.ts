import { describe, expect, test } from 'vitest';
import { FewbitError, InvalidRecipeError } from '../../src/errors.ts';
import type { JsonValue } from '../../src/json.ts';
import { parseRecipe, recipeFromJson, type ParsedRecipe } from '../../src/recipe/parse-recipe.ts';
import { dummyRegistry, dummyType } from '../helpers/dummy-config.ts';
import { plain } from '../helpers/recipe-shapes.ts';

const ALPHA = { _type: 'Alpha', _version: 1, _data: { level: 3 } };
const MAP = { 're:.*q_proj': ALPHA, lm_head: null };
const READ = [
  ['re:.*q_proj', ['Alpha', 1, { level: 3 }]],
  ['lm_head', null],
];

function parse(value: JsonValue): ParsedRecipe {
  return parseRecipe(JSON.stringify(value), dummyRegistry);
}

function problemsOf(text: string): InvalidRecipeError {
  try {
    parseRecipe(text, dummyRegistry);
  } catch (error) {
    if (error instanceof InvalidRecipeError) return error;
    throw error;
  }
  throw new Error('the recipe was taken');
}

describe("torchao's form is read", () => {
  const data = { fqn_to_config: MAP, module_fqn_to_config: MAP };

  test.each(['FqnToConfig', 'ModuleFqnToConfig', 'AOPerModuleConfig'])('as %s', (type) => {
    expect(plain(parse({ _type: type, _version: 1, _data: data }).recipe)).toEqual(READ);
  });

  test.each([
    ['without a version', { _type: 'FqnToConfig', _data: data }],
    ['with the new map only', { _type: 'FqnToConfig', _version: 1, _data: { fqn_to_config: MAP } }],
    ['with the old map only', { _type: 'FqnToConfig', _version: 1, _data: { module_fqn_to_config: MAP } }],
    [
      'with an empty new map',
      { _type: 'FqnToConfig', _version: 1, _data: { fqn_to_config: {}, module_fqn_to_config: MAP } },
    ],
    [
      'with an empty old map',
      { _type: 'FqnToConfig', _version: 1, _data: { fqn_to_config: MAP, module_fqn_to_config: {} } },
    ],
    [
      'inside quantization_config',
      { quant_method: 'torchao', quant_type: { default: { _type: 'FqnToConfig', _version: 1, _data: data } } },
    ],
    [
      'inside config.json',
      {
        architectures: ['LlamaForCausalLM'],
        quantization_config: {
          quant_method: 'torchao',
          quant_type: { default: { _type: 'FqnToConfig', _version: 1, _data: data } },
        },
      },
    ],
  ])('%s', (_, value) => {
    expect(plain(parse(value).recipe)).toEqual(READ);
  });

  test('with no maps, or with empty ones, as a recipe without keys', () => {
    expect(parse({ _type: 'FqnToConfig', _version: 1, _data: {} }).recipe.entries).toEqual([]);
    const empty = { fqn_to_config: {}, module_fqn_to_config: {} };
    expect(parse({ _type: 'FqnToConfig', _version: 1, _data: empty }).recipe.entries).toEqual([]);
  });

  test('with the two maps in different orders: the order of fqn_to_config counts, and a warning says so', () => {
    const [first, second] = ['{"re:a": null, "re:.": null}', '{"re:.": null, "re:a": null}'];
    const { recipe, warnings } = parseRecipe(both(first, second), dummyRegistry);
    expect(recipe.entries.map(({ key }) => key)).toEqual(['re:a', 're:.']);
    expect(warnings.map(({ id }) => id)).toContain('maps-ordered-differently');
  });

  test('with maps that spell the same configs differently', () => {
    const { recipe } = parseRecipe(
      both('{"a": {"type": "Alpha"}}', '{"a": {"_type": "Alpha", "_data": {"level": 4}}}'),
      dummyRegistry,
    );
    expect(recipe.entries).toHaveLength(1);
  });

  test.each([
    ['another key', '{"a": null}', '{"b": null}', '"a"'],
    ['one key more', '{"a": null}', '{"a": null, "b": null}', '"b"'],
    ['another config', '{"a": {"type": "Alpha"}}', '{"a": {"type": "Beta"}}', '"a"'],
    ['a null for a config', '{"a": {"type": "Alpha"}}', '{"a": null}', '"a"'],
  ])('but refused when its two maps differ in %s', (_, left, right, key) => {
    const { message } = problemsOf(both(left, right));
    expect(message).toContain('hold different entries');
    expect(message).toContain(key);
  });

  test.each([
    [{ _type: 'FqnToConfig', _version: 2, _data: data }, 'version 1 only'],
    [{ _type: 'FqnToConfig', _version: 1 }, 'no object "_data"'],
    [{ _type: 'FqnToConfig', _version: 1, _data: { ...data, extra: 1 } }, '"extra"'],
    [{ _type: 'FqnToConfig', _version: 1, _data: { fqn_to_config: [] } }, 'a list'],
    [{ quant_method: 'gptq', bits: 4 }, '"gptq"'],
    [{ quant_method: 'torchao', quant_type: 'int4_weight_only' }, 'int4_weight_only'],
    [{ quant_method: 'torchao', quant_type: { default: {}, other: {} } }, 'exactly one member'],
    [{ quant_method: 'torchao', quant_type: { default: ALPHA } }, '{"_default": …}'],
    [{ architectures: ['LlamaForCausalLM'], hidden_size: 4096 }, 'without a "quantization_config"'],
  ])('but refused where it is not whole: %#', (value, words) => {
    expect(problemsOf(JSON.stringify(value)).message).toContain(words);
  });
});

describe('the short form is read', () => {
  test('with short configs, envelopes and nulls side by side', () => {
    const { recipe } = parse({ a: { type: 'Alpha', level: 3 }, b: ALPHA, c: null });
    expect(plain(recipe)).toEqual([
      ['a', ['Alpha', 1, { level: 3 }]],
      ['b', ['Alpha', 1, { level: 3 }]],
      ['c', null],
    ]);
  });

  test('with keys that look like the members of other shapes', () => {
    const keys = { quant_type: { type: 'Alpha' }, architectures: null, quantization_config: { type: 'Alpha' } };
    expect(parse(keys).recipe.entries.map(({ key }) => key)).toEqual(Object.keys(keys));
  });

  test('in the order of the text, numbers and __proto__ included', () => {
    const { recipe } = parseRecipe('{"b": null, "10": null, "__proto__": null, "2": null, "a": null}', dummyRegistry);
    expect(recipe.entries.map(({ key }) => key)).toEqual(['b', '10', '__proto__', '2', 'a']);
  });

  test('after a byte order mark', () => {
    expect(parseRecipe('\uFEFF{"a": null}', dummyRegistry).recipe.entries).toHaveLength(1);
  });
});

describe('a version that is not written means', () => {
  test('the current one in the short form', () => {
    expect(parse({ a: { type: 'Beta' } }).recipe.entries[0]?.config?.version).toBe(2);
    expect(parse({ a: { type: 'Beta', version: 1 } }).recipe.entries[0]?.config?.version).toBe(1);
  });

  test('version 1 in an envelope, as in torchao', () => {
    expect(parse({ a: { _type: 'Beta', _data: {} } }).recipe.entries[0]?.config?.version).toBe(1);
    const { message } = problemsOf('{"a": {"_type": "Gamma", "_data": {}}}');
    expect(message).toContain('means version 1');
    expect(message).toContain('expected version 2');
  });
});

describe('a recipe is refused with advice', () => {
  test.each([
    ['{"_type": "Alpha", "_version": 1, "_data": {}}', '{"_default": …}'],
    ['{"type": "Alpha", "level": 3}', '{"_default": …}'],
    ['[]', 'not a list'],
    ['"re:.*"', 'not a string'],
    ['', 'the text is empty'],
    ['{"a": null,}', 'recipe 1:12'],
    ['{"a": nul}', 'not JSON'],
    ['{"a": 01}', 'not JSON'],
    ['// note\n{}', 'not JSON'],
    ['{"a": {"type": "Alhpa"}}', 'Did you mean Alpha?'],
    ['{"a": {"type": "Alhpa"}}', 'Alpha, Beta, Gamma'],
    ['{"a": {"_type": "FqnToConfig", "_data": {}}}', 'a recipe cannot be the config of a key'],
    ['{"a": {"type": "Beta", "version": 3}}', 'one of the versions 1, 2'],
    ['{"a": {"type": "Beta", "version": "2"}}', 'a version that is a string'],
    ['{"a": {"type": "Alpha", "levle": 1}}', 'unknown field "levle"'],
    ['{"a": {"type": "Alpha", "level": 9}}', 'Use at most 7.'],
    ['{"a": {"type": 4}}', '"type" is a number'],
    ['{"a": {}}', 'does not say its type'],
    ['{"a": 4}', 'not as a number'],
    ['{"a": {"_type": "Alpha"}}', '"_data" is missing'],
    ['{"a": {"_type": "Alpha", "_data": []}}', '"_data" is a list'],
    ['{"a": {"_type": "Alpha", "_data": {}, "level": 3}}', '"level" does not belong beside "_type"'],
    ['{"a": null, "b": null, "a": null}', 'written twice, first at 1:2'],
    ['{"a": {"type": "Alpha", "level": 1, "level": 2}}', 'written twice'],
    ['{"a": {"type": "Alpha", "level": 1e999}}', 'too large for a double'],
    ['{"re:(": null}', 'the pattern cannot be used'],
    ['{"re:a**": {"type": "Alpha"}}', 'the pattern cannot be used'],
  ])('%s', (text, words) => {
    expect(problemsOf(text).message).toContain(words);
  });

  test('with all of its problems at once, each with key, line and column, in the order of the text', () => {
    const text = [
      '{',
      '  "re:(": null,',
      '  "a": {"type": "Nope"},',
      '  "b": null, "b": null,',
      '  "c": {"type": "Alpha", "level": 9}',
      '}',
    ].join('\n');
    const error = problemsOf(text);
    expect(error.problems.map(({ key, position }) => [key, position?.line, position?.column])).toEqual([
      ['re:(', 2, 3],
      ['a', 3, 3],
      ['b', 4, 14],
      ['c', 5, 3],
    ]);
    const codes = error.problems.map(({ cause }) => (FewbitError.isInstance(cause) ? cause.code : null));
    expect(codes).toEqual([null, 'FEWBIT_CONFIG_INVALID', null, 'FEWBIT_CONFIG_UNSUPPORTED']);
    for (const place of ['2:3', '3:3', '4:14', '5:3']) expect(error.message).toContain(place);
    expect(error.code).toBe('FEWBIT_RECIPE_INVALID');
  });

  test('without filling the screen when very much is wrong', () => {
    const keys = Array.from({ length: 500 }, (_, index) => `"k${index}": 1`);
    const error = problemsOf(`{${keys.join(',')}}`);
    expect(error.problems).toHaveLength(500);
    expect(error.message).toContain('and 490 more');
    expect(error.message.length).toBeLessThan(5_000);
  });
});

describe('hostile text gives a typed error', () => {
  test.each([
    ['that nests 100,000 deep', `{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`],
    ['that nests deep and never closes', '{"a":'.repeat(100_000)],
    ['of too many values', `{"a":[${'0,'.repeat(1_000_001)}0]}`],
    ['of too many characters', `{"a":"${'x'.repeat(33 * 1024 * 1024)}"}`],
    ['that is one long unfinished string', `{"${'\\"'.repeat(1_000_000)}`],
    ['whose key is very long', `{"${'x'.repeat(5_000_000)}": 4}`],
  ])('%s', (_, text) => {
    const error = problemsOf(text);
    expect(error.message.length).toBeLessThan(2_000);
  });

  test('that is nested as deep as a recipe may be is read', () => {
    const deep = `${'['.repeat(60)}${']'.repeat(60)}`;
    expect(problemsOf(`{"a": {"type": "Alpha", "level": ${deep}}}`).message).toContain('out of range');
  });
});

describe('warnings', () => {
  const ids = (text: string): readonly string[] => parseRecipe(text, dummyRegistry).warnings.map(({ id }) => id);

  test('tell of a deprecated default, with its place', () => {
    const { warnings } = parseRecipe('{\n "_default": null}', dummyRegistry);
    expect(warnings).toMatchObject([
      { id: 'default-key-deprecated', key: '_default', position: { line: 2, column: 2 } },
    ]);
  });

  test('tell of a recipe without keys', () => {
    expect(ids('{}')).toEqual(['empty-recipe']);
  });

  test('tell of a skip list, and of an order that transformers may have sorted', () => {
    const data = { fqn_to_config: { 're:.*': null, 're:a.*': null } };
    const config = {
      quantization_config: {
        quant_method: 'torchao',
        modules_to_not_convert: ['lm_head'],
        quant_type: { default: { _type: 'FqnToConfig', _version: 1, _data: data } },
      },
    };
    expect(ids(JSON.stringify(config))).toEqual(['skip-list-ignored', 'order-may-be-lost']);
  });

  test('are absent for an ordinary recipe', () => {
    expect(ids(JSON.stringify(MAP))).toEqual([]);
  });
});

test("a broken pattern can be kept, for lint and for torchao's own late error", () => {
  const { recipe } = parseRecipe('{"re:(": null}', dummyRegistry, { brokenPatterns: 'keep' });
  expect(recipe.entries[0]?.key).toBe('re:(');
});

test('a fault inside a config type is not taken for a fault of the recipe', () => {
  const faulty = {
    ...dummyType('Faulty'),
    parse: () => {
      throw new TypeError('a bug');
    },
  };
  expect(() => parseRecipe('{"a": {"type": "Faulty"}}', { configs: new Map([['Faulty', faulty]]) })).toThrow(TypeError);
});

test('a value that was parsed elsewhere is read too, and one that contains itself is refused', () => {
  expect(plain(recipeFromJson({ a: ALPHA }, dummyRegistry).recipe)).toEqual([['a', ['Alpha', 1, { level: 3 }]]]);
  const loop: JsonValue[] = [];
  loop.push(loop);
  expect(() => recipeFromJson({ a: loop }, dummyRegistry)).toThrow(InvalidRecipeError);
});

function both(fqnToConfig: string, moduleFqnToConfig: string): string {
  return `{"_type": "FqnToConfig", "_version": 1, "_data": {"fqn_to_config": ${fqnToConfig}, "module_fqn_to_config": ${moduleFqnToConfig}}}`;
}
