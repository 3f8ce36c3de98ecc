/** Compares our answers with an interpreter's: errors, warnings, and every form of every match with all spans. */
import { compile, type Match, type Pattern, PatternError, PythonReError, type PythonVersion } from '../src/index.ts';
import type { CharacterNames } from '../src/index.ts';
import type { Answer, Question, Verdict } from './oracle.ts';

export interface Difference {
  readonly pattern: string;
  readonly what: string;
  readonly python: unknown;
  readonly ours: unknown;
  /** Whether only spans of groups differ, not the truth of a match or an error. */
  readonly spansOnly: boolean;
}

export interface Comparison {
  readonly differences: Difference[];
  /** Matches compared. */
  matches: number;
  /** Compared errors. */
  errors: number;
  /** Refused by us: unsupported, over a limit, or undecided; by error code. */
  readonly refused: Map<string, string[]>;
  /** Patterns on which the interpreter gave no verdict, such as a SystemError. */
  readonly noVerdict: Set<string>;
}

const FORMS = ['fullmatch', 'match', 'search'] as const;
const TESTS = { fullmatch: 'testFullmatch', match: 'testMatch', search: 'testSearch' } as const;

function verdictOf(match: Match | undefined, groups: number): Verdict {
  if (!match) return null;
  const spans = Array.from({ length: groups + 1 }, (_, i) => match.span(i) ?? null);
  return [...spans, match.lastindex ?? null] as Verdict;
}

function errorOf(error: PatternError): NonNullable<Answer['e']> {
  const { kind, msg, pos, lineno, colno, message } = error;
  return [kind, msg, pos ?? null, lineno ?? null, colno ?? null, message];
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

export interface CompareOptions {
  readonly version: PythonVersion;
  readonly characterNames?: CharacterNames;
  /** On a 32-bit interpreter (WebAssembly) large counts overflow earlier; such errors are passed over. */
  readonly narrow?: boolean;
}

/** Compares all answers. */
export function compare(
  questions: readonly Question[],
  answers: readonly Answer[],
  options: CompareOptions,
): Comparison {
  const out: Comparison = { differences: [], matches: 0, errors: 0, refused: new Map(), noVerdict: new Set() };
  questions.forEach((question, i) => {
    const answer = answers[i];
    if (answer) compareOne(question, answer, options, out);
  });
  return out;
}

function refuse(out: Comparison, error: unknown, pattern: string): void {
  if (!(error instanceof PythonReError)) throw error;
  out.refused.set(error.code, [...(out.refused.get(error.code) ?? []), pattern]);
}

function compareOne([text, flags, subjects]: Question, answer: Answer, options: CompareOptions, out: Comparison): void {
  const differ = (what: string, python: unknown, ours: unknown, spansOnly = false): void => {
    out.differences.push({ pattern: text, what, python, ours, spansOnly });
  };
  if (options.narrow === true && answer.e?.[0] === 'OverflowError') return;
  let pattern: Pattern;
  try {
    const { version, characterNames } = options;
    pattern = compile(text, { version, flags, ...(characterNames && { characterNames }) });
  } catch (error) {
    if (!(error instanceof PatternError)) {
      refuse(out, error, text);
      return;
    }
    out.errors++;
    if (!same(errorOf(error), answer.e)) differ('error', answer.e ?? 'valid', errorOf(error));
    return;
  }
  if (answer.e) {
    differ('error', answer.e, 'valid');
    return;
  }
  const warnings = pattern.warnings.map((w) => [w.category, w.message]);
  if (!same(warnings, answer.w)) differ('warnings', answer.w, warnings);
  subjects.forEach((subject, k) => {
    FORMS.forEach((form, f) => {
      const python = answer.r?.[k]?.[f] ?? null;
      if (typeof python === 'string') {
        out.noVerdict.add(text);
        return;
      }
      try {
        const ours = verdictOf(pattern[form](subject), pattern.groups);
        const truth = pattern[TESTS[form]](subject);
        out.matches += 2;
        const what = `${form} ${JSON.stringify(subject)}`;
        if (!same(python, ours))
          differ(what, python, ours, python !== null && ours !== null && same(python[0], ours[0]));
        if (truth !== (python !== null)) differ(`test ${what}`, python !== null, truth);
      } catch (error) {
        refuse(out, error, text);
      }
    });
  });
}

/** A few lines for a person: the first differences. */
export function describeDifferences(differences: readonly Difference[], most = 10): string {
  return differences
    .slice(0, most)
    .map(
      (d) =>
        `${JSON.stringify(d.pattern)} ${d.what}: python ${JSON.stringify(d.python)}, ours ${JSON.stringify(d.ours)}`,
    )
    .join('\n');
}
