import { quote } from '@fewbit/core';
import { compile, PYTHON_VERSIONS, PythonReError, type Pattern, type PythonVersion } from '@fewbit/python-re';
import type { LintKey } from '../context.ts';
import type { RuleFinding } from '../finding.ts';
import type { LintRule } from '../rule.ts';

const INT8 = { type: 'Int8WeightOnlyConfig' };

export const patternChangesWithPython: LintRule = {
  id: 'pattern-changes-with-python',
  severity: 'warning',
  title: 'a pattern means something else in another version of Python',
  explanation:
    'Python warns of patterns that it is going to read in another way, and has changed some already: "\\z" is an error before 3.14, and "\\B" matches the empty name of the root module only since 3.14. A recipe outlives the Python that it was written for.',
  examples: {
    bad: [
      { why: 'going to be a set difference', recipe: { 're:[a-z--b].*': INT8 } },
      { why: 'a nested set, some day', recipe: { 're:[[a-z].*': INT8 } },
      { why: 'an error before 3.14', recipe: { 're:.*_proj\\z': INT8 } },
    ],
    good: [
      { why: 'understood by all', recipe: { 're:.*_proj\\Z': INT8 } },
      { why: 'escaped', recipe: { 're:[a\\-b].*': INT8 } },
      { why: '"\\B" inside a name', recipe: { 're:.*\\Bproj': INT8 } },
    ],
  },
  check: ({ keys }) => keys.flatMap((key) => findingsOf(key)),
};

// All that Python's parser has ever warned of, or changed, needs one of these in the pattern.
const SUSPICIOUS = /\\[zZBN]|\[\[|--|&&|\|\||~~|\(\?/;

function findingsOf({ key, entry, kind, pattern }: LintKey): readonly RuleFinding[] {
  if (kind !== 'regex' || !SUSPICIOUS.test(key) || pattern === null) return [];
  const warnings = pattern.warnings.map(({ category, message, pos }): RuleFinding => {
    const at = Array.from(pattern.pattern)
      .slice(pos, pos + 8)
      .join('');
    return {
      message: `Python warns of pattern ${quote(key)} at ${quote(at)}: ${message} (${category})`,
      entries: [entry],
      help: 'Escape the characters that are meant as themselves.',
    };
  });
  const refusing = PYTHON_VERSIONS.filter((version) => compiled(pattern.pattern, version) === null);
  if (refusing.length > 0) {
    const message = `pattern ${quote(key)} is an error in Python ${refusing.join(', ')}`;
    return [
      ...warnings,
      {
        message,
        entries: [entry],
        help: 'Write "\\Z" for the end of the name, or leave it out: a key matches whole names.',
      },
    ];
  }
  if (!key.includes('\\B')) return warnings;
  const empty = new Set(PYTHON_VERSIONS.map((version) => compiled(pattern.pattern, version)?.testFullmatch('')));
  if (empty.size === 1) return warnings;
  const message = `pattern ${quote(key)} matches the root module, whose name is empty, only in some versions of Python`;
  return [...warnings, { message, entries: [entry], help: 'Write it without "\\B".' }];
}

function compiled(source: string, version: PythonVersion): Pattern | null {
  try {
    return compile(source, { version });
  } catch (error) {
    if (error instanceof PythonReError) return null;
    throw error;
  }
}
