import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { PYTHON_VERSIONS } from '../src/index.ts';
import { compare, describeDifferences } from '../tools/compare.ts';
import type { Golden } from '../tools/make-goldens.ts';

describe.each([
  ['matches', 10_000],
  ['marks', 400],
  ['case', 7000],
  ['syntax', 1000],
])('answers recorded from real CPythons: %s', (name, least) => {
  const [header = '', ...lines] = readFileSync(new URL(`./goldens/${name}.jsonl`, import.meta.url), 'utf8')
    .trim()
    .split('\n');
  const versions = JSON.parse(header) as string[];
  const cases = lines.map((line) => JSON.parse(line) as Golden);
  const questions = cases.map(({ question }) => question);
  it.each(versions)('Python %s', (exact) => {
    const version = PYTHON_VERSIONS.find((v) => exact.startsWith(`${v}.`));
    if (!version) throw new Error(`No rules for ${exact}`);
    const answers = cases.map((each) => each.answers[exact] ?? each.answers[versions[0] ?? ''] ?? {});
    // The interpreters but the first are 32-bit, and refuse smaller counts.
    const result = compare(questions, answers, { version, narrow: exact !== versions[0] });
    expect(describeDifferences(result.differences)).toBe('');
    expect(result.matches + result.errors).toBeGreaterThan(least);
    const refused = [...result.refused.values()].flat();
    expect(refused.length).toBeLessThan(questions.length / 20);
  });
});
