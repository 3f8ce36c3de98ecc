import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { PYTHON_VERSIONS } from '../src/index.ts';
import { compare, describeDifferences } from '../tools/compare.ts';
import type { Golden } from '../tools/make-goldens.ts';

/** Spans that CPython before 3.14 gets wrong: a group keeps what an abandoned attempt left (gh-101955). */
const STALE_SPANS_BEFORE = '3.14';

describe.each(['matches', 'syntax'])('answers recorded from real CPythons: %s', (name) => {
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
    const result = compare(questions, answers, { version, narrow: version === '3.14' });
    const serious = result.differences.filter((d) => !(d.spansOnly && version < STALE_SPANS_BEFORE));
    expect(describeDifferences(serious)).toBe('');
    expect(result.matches + result.errors).toBeGreaterThan(1000);
    const refused = [...result.refused.values()].flat();
    expect(refused.length).toBeLessThan(questions.length / 20);
  });
});
