import { parseRecipe } from '@fewbit/core';
import { describe, expect, it } from 'vitest';
import { applyEdits, compatibleFixes, type RecipeEdit } from '../../src/index.ts';
import { registry } from '../helpers/lint.ts';

const INT8 = '{ "type": "Int8WeightOnlyConfig" }';

function edited(text: string, edits: readonly RecipeEdit[]): string {
  return applyEdits(text, parseRecipe(text, registry), edits);
}

describe('applyEdits', () => {
  const short = `{\r\n  "a" : null,\r\n  "b": ${INT8},\r\n\r\n  "c": null\r\n}\r\n`;

  it('changes a key and leaves every space and line end as it was', () => {
    expect(edited(short, [{ kind: 'rename', entry: 0, key: 'q"\\' }])).toBe(short.replace('"a"', '"q\\"\\\\"'));
  });

  it.each([
    [0, `{\r\n  "b": ${INT8},\r\n\r\n  "c": null\r\n}\r\n`],
    [1, '{\r\n  "a" : null,\r\n\r\n  "c": null\r\n}\r\n'],
    [2, `{\r\n  "a" : null,\r\n  "b": ${INT8}\r\n}\r\n`],
  ])('removes entry %s with its comma', (entry, expected) => {
    expect(edited(short, [{ kind: 'remove', entry }])).toBe(expected);
  });

  it('writes an inserted entry like its neighbours, with the config as it is written elsewhere', () => {
    const config = parseRecipe(short, registry).recipe.entries[1]?.config ?? null;
    expect(edited(short, [{ kind: 'insert', before: 2, key: 'n', config }])).toBe(
      `{\r\n  "a" : null,\r\n  "b": ${INT8},\r\n  "n" : ${INT8},\r\n\r\n  "c": null\r\n}\r\n`,
    );
    expect(edited('{"a":null}', [{ kind: 'insert', before: null, key: 'n', config: null }])).toBe(
      '{"a":null, "n":null}',
    );
  });

  it('puts entries in another order and keeps what stands between them', () => {
    expect(edited(short, [{ kind: 'reorder', order: [2, 0, 1] }])).toBe(
      `{\r\n  "c": null,\r\n  "a" : null,\r\n\r\n  "b": ${INT8}\r\n}\r\n`,
    );
  });

  it('leaves an empty object when the last entry goes', () => {
    expect(edited('{\n  "a": null\n}\n', [{ kind: 'remove', entry: 0 }])).toBe('{}\n');
  });

  it("changes both of torchao's maps, whatever the order of the second", () => {
    const envelope = (first: string, second: string): string =>
      `{"_type": "FqnToConfig", "_data": {"fqn_to_config": {${first}}, "module_fqn_to_config": {${second}}}}`;
    expect(
      edited(envelope('"a": null, "b": null', '"b": null, "a": null'), [
        { kind: 'rename', entry: 0, key: 'x' },
        { kind: 'insert', before: null, key: 'z', config: null },
      ]),
    ).toBe(envelope('"x": null, "b": null, "z": null', '"b": null, "x": null, "z": null'));
  });

  it('edits the recipe inside of a config.json, and nothing around it', () => {
    const around = (key: string): string =>
      `{"model_type": "llama", "quantization_config": {"quant_method": "torchao", "quant_type": {"default": {"_type": "FqnToConfig", "_data": {"fqn_to_config": {"${key}": null}}}}}, "x": [1]}`;
    expect(edited(around('a'), [{ kind: 'rename', entry: 0, key: 'b' }])).toBe(around('b'));
  });
});

describe('compatibleFixes', () => {
  const rename = (entry: number, key: string): { title: string; edits: RecipeEdit[] } => ({
    title: key,
    edits: [{ kind: 'rename', entry, key }],
  });

  it('never makes one key of two, and never edits one entry twice', () => {
    const fixes = [rename(0, 'x'), rename(1, 'x'), rename(0, 'y'), rename(2, 'z')];
    expect(compatibleFixes(fixes).map(({ title }) => title)).toEqual(['x', 'z']);
  });
});
