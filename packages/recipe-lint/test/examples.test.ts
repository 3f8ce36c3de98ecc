import { describe, expect, it } from 'vitest';
import { builtinRules } from '../src/index.ts';
import { fixText, lintText, requestFor } from './helpers/lint.ts';

describe.each(builtinRules.map((rule) => [rule.id, rule] as const))('%s', (id, rule) => {
  it.each(rule.examples.bad.map((example) => [example.why, example] as const))('speaks up: %s', (_, example) => {
    const text = JSON.stringify(example.recipe, null, 2);
    const request = requestFor(example);
    const { findings } = lintText(text, request);
    const own = findings.filter(({ ruleId }) => ruleId === id);
    expect(own, `it found ${JSON.stringify(findings)}`).not.toEqual([]);
    const fix = own.find((finding) => finding.fix !== undefined)?.fix;
    expect(fix === undefined ? undefined : JSON.parse(fixText(text, fix))).toEqual(example.fixed);
    if (fix === undefined) return;
    const after = lintText(fixText(text, fix), request).findings;
    expect(after.filter(({ ruleId }) => ruleId === id)).toEqual([]);
    expect(after.filter(({ severity }) => severity === 'error')).toEqual([]);
  });

  it.each(rule.examples.good.map((example) => [example.why, example] as const))('is silent: %s', (_, example) => {
    const { findings } = lintText(JSON.stringify(example.recipe), requestFor(example));
    expect(findings.filter(({ ruleId }) => ruleId === id)).toEqual([]);
  });

  it('says what it is about in words that stand alone', () => {
    expect(rule.title).toMatch(/^\S.*[^.]$/);
    expect(rule.explanation).toMatch(/\.$/);
  });
});
