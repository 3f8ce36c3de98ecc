import { createRecipe, parseRecipe, type Dialect, type DialectReading } from '@fewbit/core';
import { int8WeightOnly } from '@fewbit/configs';
import { describe, expect, it } from 'vitest';
import { builtinRules, lintRecipe, type LintRule, type LintSeverity } from '../src/index.ts';
import { lintText, parametersFor, registry } from './helpers/lint.ts';

const parameters = parametersFor({ 'a.q_proj.weight': [8, 8], 'a.q_proj.bias': [8], 'a.norm.weight': [8] });
const recipe = createRecipe({ 're:.*q_proj': int8WeightOnly() });

describe('lintRecipe', () => {
  it('takes rules of a user like its own, and lets severities be chosen', () => {
    const mine: LintRule = {
      id: 'no-int8',
      severity: 'note',
      title: 'int8 is used',
      explanation: 'We want four bits.',
      examples: { bad: [], good: [] },
      check: ({ keys }) =>
        keys
          .filter(({ config }) => config?.type === 'Int8WeightOnlyConfig')
          .map(({ entry }) => ({ message: 'int8', entries: [entry] })),
    };
    const rules = [...builtinRules, mine];
    const find = (level: LintSeverity | 'off' | null): readonly string[] =>
      lintRecipe({ recipe, parameters, rules, ...(level !== null && { severities: { 'no-int8': level } }) }).map(
        ({ ruleId, severity }) => `${ruleId} ${severity}`,
      );
    expect(find(null)).toEqual(['no-int8 note']);
    expect(find('error')).toEqual(['no-int8 error']);
    expect(find('off')).toEqual([]);
  });

  it('refuses a severity for a rule that there is not: a slip would silence nothing', () => {
    expect(() => lintRecipe({ recipe, parameters, severities: { 'key-shadowd': 'off' } })).toThrow(/key-shadowd/);
    expect(() => lintRecipe({ recipe, parameters, severities: Object.fromEntries([['constructor', 'off']]) })).toThrow(
      /constructor/,
    );
  });

  it('refuses a consumer that nobody knows, instead of checking nothing for it', () => {
    expect(() => lintRecipe({ recipe, parameters, consumer: 'vlm' })).toThrow(/"vlm".*transformers/);
  });

  it('tells one cause once: a key that lacks its prefix is not also a key that matches nothing', () => {
    const text = JSON.stringify({ q_proj: { type: 'Int8WeightOnlyConfig' } });
    expect(lintText(text, { parameters }).findings.map(({ ruleId }) => ruleId)).toEqual(['missing-prefix']);
    const { recipe: parsed } = parseRecipe(text, registry);
    const without = lintRecipe({ recipe: parsed, parameters, severities: { 'missing-prefix': 'off' } });
    expect(without.map(({ ruleId }) => ruleId)).toEqual(['key-matches-nothing']);
  });

  it('does not fall over names made to hurt', () => {
    const names = ['__proto__.weight', 'constructor', '.'.repeat(5_000), 'a\nb.weight', '\u{1f600}.weight', ''];
    const hostile = parametersFor(Object.fromEntries(names.map((name) => [name, [8, 8]])));
    const text = JSON.stringify(
      Object.fromEntries(
        ['__proto_', 're:(a+)+b', 're:.*.*.*.*x', 're:[^\\W\\d]+', '', '...', 're:'].map((key) => [key, null]),
      ),
    );
    expect(() => lintText(text, { parameters: hostile })).not.toThrow();
    expect(() => lintText(text, { parameters: null })).not.toThrow();
  });
});

function dialect(name: string, reading: Partial<DialectReading>): Dialect {
  const plain = parameters.map(() => ({ outcome: 'plain' as const, entry: -1, because: 'no key matches' }));
  return { name, title: `${name} 1.0`, read: () => ({ verdicts: plain, failure: null, hazards: [], ...reading }) };
}

describe('dialects', () => {
  const config = { outcome: 'config' as const, entry: 0, because: 'its key matches' };
  const plain = { outcome: 'plain' as const, entry: -1, because: 'it skips biases' };
  const find = (dialects: readonly Dialect[], consumer?: string): readonly string[] =>
    lintRecipe({ recipe, parameters, dialects, ...(consumer !== undefined && { consumer }) }).map(
      ({ ruleId, severity, message }) => `${ruleId} ${severity} ${message}`,
    );

  it('is silent where a consumer reads the recipe as it is documented', () => {
    expect(find([dialect('same', { verdicts: [config, plain, plain] })], 'same')).toEqual([]);
  });

  it('names the tensors on which they differ, and why', () => {
    const greedy = dialect('greedy', { verdicts: [config, { ...config, because: 'it takes biases as well' }, plain] });
    expect(find([greedy])).toEqual([
      expect.stringMatching(
        /^dialect-disagreement note greedy 1\.0 gives "a\.q_proj\.bias" .*: it takes biases as well$/,
      ),
    ]);
    expect(find([greedy], 'greedy')[0]).toMatch(/^dialect-disagreement warning/);
  });

  it('reports what a consumer raises or breaks as an error when it is the chosen one', () => {
    const failure = { error: 'AssertionError', message: 'no weight', at: 'a', entries: [0] };
    const hazards = [{ id: 'bias-quantized', message: 'cannot be added', at: 'a.q_proj.bias', entry: 0 }];
    expect(find([dialect('strict', { failure })], 'strict')[0]).toMatch(
      /^consumer-fails error strict 1\.0 raises AssertionError at "a"/,
    );
    expect(find([dialect('strict', { failure })])[0]).toMatch(/^consumer-fails note/);
    expect(find([dialect('loose', { verdicts: [config, plain, plain], hazards })], 'loose')[0]).toMatch(
      /^consumer-fails error with loose 1\.0, at "a\.q_proj\.bias": cannot be added/,
    );
  });
});
