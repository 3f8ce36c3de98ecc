import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { PYTHON_VERSIONS, type PythonVersion } from '../src/index.ts';
import { characterNames } from '../src/names/index.ts';
import { compare, describeDifferences } from '../tools/compare.ts';
import type { Answer, Question } from '../tools/oracle.ts';

const recorder = fileURLToPath(new URL('../tools/record_cpython_tests.py', import.meta.url));
const VERSION = 'import platform; print(platform.python_version())';

interface Found {
  readonly python: string;
  readonly exact: string;
  readonly version: PythonVersion;
}

/** Interpreters that can be asked: those in FEWBIT_PYTHONS, else python3; none before 3.11.5. */
function interpreters(): Found[] {
  const named = process.env.FEWBIT_PYTHONS?.split(':').filter(Boolean) ?? ['python3'];
  return named.flatMap((python) => {
    try {
      const exact = execFileSync(python, ['-c', VERSION], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      }).trim();
      const version = PYTHON_VERSIONS.find((v) => exact.startsWith(`${v}.`));
      const buggy = version === '3.11' && Number(exact.split('.')[2]) < 5;
      return version && !buggy ? [{ python, exact, version }] : [];
    } catch {
      return [];
    }
  });
}

const record = ({ python }: Found): [Question[], Answer[]] | null =>
  JSON.parse(execFileSync(python, [recorder], { encoding: 'utf8', maxBuffer: 1 << 28 })) as
    [Question[], Answer[]] | null;

describe("everything that CPython's own tests of re exercise", () => {
  const found = interpreters().flatMap((each) => {
    const recorded = record(each);
    return recorded ? [{ ...each, recorded }] : [];
  });
  if (found.length === 0) {
    it.skip('SKIPPED: no CPython from 3.11.5 to 3.14 with its test package (name some in FEWBIT_PYTHONS)', () =>
      undefined);
  }
  it.each(found.map((each) => [each.exact, each] as const))(
    'Python %s',
    (_, { version, recorded: [questions, answers] }) => {
      const result = compare(questions, answers, { version, characterNames: characterNames(version) });
      expect(describeDifferences(result.differences)).toBe('');
      expect(questions.length).toBeGreaterThan(1500);
      expect(result.matches).toBeGreaterThan(10_000);
      const refused = [...result.refused.values()].flat();
      expect(refused).toEqual([]);
    },
  );
});
