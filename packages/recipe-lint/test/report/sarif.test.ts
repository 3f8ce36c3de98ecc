import { isJsonObject, parseRecipe, type JsonValue } from '@fewbit/core';
import { describe, expect, it } from 'vitest';
import { builtinRules, lintRecipe, toSarif } from '../../src/index.ts';
import { parametersFor, registry } from '../helpers/lint.ts';

const text = '{\n  "q_proj": {"type": "Int8WeightOnlyConfig"},\n  "lm_heed": null\n}\n';
const read = parseRecipe(text, registry);
const findings = lintRecipe({
  recipe: read.recipe,
  parameters: parametersFor({ 'a.q_proj.weight': [8, 8], 'lm_head.weight': [8, 8] }),
});
const log = toSarif({ findings, rules: builtinRules, text, read, uri: 'recipe.json', version: '1.2.3' });

function member(value: JsonValue | undefined, ...path: readonly (string | number)[]): JsonValue {
  let at: JsonValue = value ?? null;
  for (const step of path) {
    if (Array.isArray(at)) at = (at as readonly JsonValue[])[Number(step)] ?? null;
    else at = isJsonObject(at) && Object.hasOwn(at, step) ? (at[step] ?? null) : null;
  }
  return at;
}

/** What SARIF 2.1.0 says of the objects that we write: required members, and the ones that there are. */
const OBJECTS: Readonly<Record<string, { readonly required: readonly string[]; readonly allowed: readonly string[] }>> =
  {
    log: { required: ['version', 'runs'], allowed: ['$schema'] },
    run: { required: ['tool'], allowed: ['results', 'columnKind'] },
    driver: { required: ['name'], allowed: ['version', 'rules'] },
    rule: { required: ['id'], allowed: ['shortDescription', 'fullDescription', 'defaultConfiguration'] },
    result: { required: ['message'], allowed: ['ruleId', 'ruleIndex', 'level', 'locations', 'fixes'] },
    region: { required: ['startLine'], allowed: ['startColumn', 'endLine', 'endColumn'] },
    fix: { required: ['artifactChanges'], allowed: ['description'] },
    artifactChange: { required: ['artifactLocation', 'replacements'], allowed: [] },
    replacement: { required: ['deletedRegion'], allowed: ['insertedContent'] },
  };

function check(kind: string, value: JsonValue): void {
  const { required = [], allowed = [] } = OBJECTS[kind] ?? {};
  expect(isJsonObject(value), `${kind} is an object`).toBe(true);
  const names = Object.keys(isJsonObject(value) ? value : {});
  expect(
    required.filter((name) => !names.includes(name)),
    `${kind} lacks members`,
  ).toEqual([]);
  expect(
    names.filter((name) => ![...required, ...allowed].includes(name)),
    `${kind} has members of its own`,
  ).toEqual([]);
}

const list = (value: JsonValue): readonly JsonValue[] => (Array.isArray(value) ? (value as readonly JsonValue[]) : []);

describe('toSarif', () => {
  it('has the structure of SARIF 2.1.0', () => {
    check('log', log);
    expect(member(log, 'version')).toBe('2.1.0');
    const run = member(log, 'runs', 0);
    check('run', run);
    expect(member(run, 'columnKind')).toBe('utf16CodeUnits');
    check('driver', member(run, 'tool', 'driver'));
    const rules = list(member(run, 'tool', 'driver', 'rules'));
    for (const rule of rules) check('rule', rule);
    const results = list(member(run, 'results'));
    expect(results).toHaveLength(findings.length);
    for (const result of results) {
      check('result', result);
      expect(['error', 'warning', 'note']).toContain(member(result, 'level'));
      expect(member(rules[Number(member(result, 'ruleIndex'))], 'id')).toBe(member(result, 'ruleId'));
      const region = member(result, 'locations', 0, 'physicalLocation', 'region');
      check('region', region);
      for (const number of Object.values(isJsonObject(region) ? region : {})) expect(number).toBeGreaterThanOrEqual(1);
      for (const fix of list(member(result, 'fixes'))) {
        check('fix', fix);
        for (const change of list(member(fix, 'artifactChanges'))) {
          check('artifactChange', change);
          for (const replacement of list(member(change, 'replacements'))) check('replacement', replacement);
        }
      }
    }
  });

  it('points at the key, and replaces no more than what a fix changes', () => {
    const result = member(log, 'runs', 0, 'results', 0);
    expect(member(result, 'locations', 0, 'physicalLocation', 'region')).toEqual({
      startLine: 2,
      startColumn: 3,
      endLine: 2,
      endColumn: 11,
    });
    expect(member(result, 'fixes', 0, 'artifactChanges', 0, 'replacements', 0)).toEqual({
      deletedRegion: { startLine: 2, startColumn: 4, endLine: 2, endColumn: 4 },
      insertedContent: { text: 'a.' },
    });
  });
});
