import { groupNames, type DialectFailure, type DialectModel, type DialectVerdict, type Recipe } from '@fewbit/core';
import type { ComparedDialect, DialectComparison, PortableForm, SortingChange } from '@fewbit/dialects';
import { alikeVerdicts, type AlikeVerdicts } from './alike-verdicts.ts';
import { hazardFindings } from './reading-findings.ts';
import { printable, table } from './table.ts';
import { countText } from './count.ts';

// A person reads no more; --json has all of them.
const MOST_GROUPS = 40;
const MOST_PATTERNS = 8;

/** What `portability` shows a person: where each dialect ends, who says what about which tensors, and what is broken. */
export function comparisonText(comparison: DialectComparison, recipe: Recipe, model: DialectModel): string {
  const { dialects } = comparison;
  const groups = alikeVerdicts(comparison, model, (verdict) => becomes(verdict, recipe) + verdict.because);
  const shown = groups.slice(0, MOST_GROUPS).map((group) => groupText(group, dialects, recipe));
  const more =
    groups.length > shown.length ? [`… and ${groups.length - shown.length} more groups; --json has all\n`] : [];
  return [
    table(['dialect', 'reads', 'the run'], dialects.map(dialectRow)),
    ...shown,
    ...more,
    conclusionText(comparison, model),
    `${sortingText(dialects)}${hazardsText(dialects, recipe)}`,
  ]
    .filter((text) => text !== '')
    .join('\n');
}

function dialectRow({ name, title, failure }: ComparedDialect): readonly string[] {
  return [name, title, failure === null ? 'goes through' : `FAILS: ${failureText(failure)}`];
}

function failureText({ error, message, at }: DialectFailure): string {
  return printable(`${error}${at === '' ? '' : ` at ${at}`}: ${message}`);
}

function groupText(
  { patterns, verdicts, keys }: AlikeVerdicts,
  dialects: readonly ComparedDialect[],
  recipe: Recipe,
): string {
  const lines = patterns.slice(0, MOST_PATTERNS).map(({ pattern, members }) => {
    return `${clipped(printable(pattern))}${members.length === 1 ? '' : `  ×${members.length}`}`;
  });
  if (patterns.length > MOST_PATTERNS) lines.push(`… and ${patterns.length - MOST_PATTERNS} more patterns`);
  const said = byText(dialects, (_, place) => verdictText(verdicts[place] ?? null, keys[place] ?? 1, recipe));
  const width = Math.max(...said.map(({ names }) => names.length));
  return `${[...lines, ...said.map(({ names, text }) => `  ${names.padEnd(width)}  ${text}`)].join('\n')}\n`;
}

/** The numbers of a pattern may be long; what comes before and after them tells what it is. */
function clipped(pattern: string): string {
  return pattern.length <= 140 ? pattern : `${pattern.slice(0, 90)}…${pattern.slice(-49)}`;
}

/** Dialects of which the same is to be said, together. */
function byText(
  dialects: readonly ComparedDialect[],
  textOf: (dialect: ComparedDialect, place: number) => string,
): readonly { readonly names: string; readonly text: string }[] {
  const texts: Map<string, string[]> = new Map();
  for (const [place, dialect] of dialects.entries()) {
    const text = textOf(dialect, place);
    texts.set(text, [...(texts.get(text) ?? []), dialect.name]);
  }
  return Array.from(texts, ([text, names]) => ({ names: names.join(', '), text }));
}

function verdictText(verdict: DialectVerdict | null, keys: number, recipe: Recipe): string {
  if (verdict === null) return '– (the run fails)';
  const { entry, because } = verdict;
  const key = recipe.entries[entry]?.key;
  const by = keys > 1 ? `${keys} keys: ` : key === undefined ? '' : `${JSON.stringify(key)}: `;
  return printable(`${becomes(verdict, recipe)}  ${by}${because}`);
}

/** Words for what a tensor gets: two configs of one type differ in their summary alone. */
function becomes({ outcome, entry }: DialectVerdict, { entries }: Recipe): string {
  const config = entries[entry]?.config;
  return outcome === 'config' && config ? config.summary : '·';
}

function conclusionText({ dialects, disagreements, agree }: DialectComparison, { parameters }: DialectModel): string {
  const all = `${countText(parameters.length)} tensors`;
  const failing = dialects.filter(({ failure }) => failure !== null).length;
  if (agree) return `all ${dialects.length} dialects agree on all ${all}\n`;
  const failed = failing === 0 ? 'the dialects' : `${failing} of ${dialects.length} dialects fail; the others`;
  const found =
    disagreements.length === 0 ? `agree on all ${all}` : `disagree on ${countText(disagreements.length)} of ${all}`;
  return `${failed} ${found}; --fix writes what they read alike\n`;
}

function sortingText(dialects: readonly ComparedDialect[]): string {
  const changed = dialects.filter(({ sorting }) => sorting !== null);
  return byText(changed, ({ sorting }) => sortingEffect(sorting))
    .map(({ names, text }) => `WARNING: ${names}: sorting the keys, as transformers does when it saves, ${text}\n`)
    .join('');
}

function sortingEffect(sorting: SortingChange | null): string {
  if (sorting === null) return 'changes nothing';
  const { parameters, first, failure } = sorting;
  if (failure) return 'decides whether the run fails';
  return `changes ${countText(parameters)} tensors, ${printable(first ?? '')} first`;
}

function hazardsText(dialects: readonly ComparedDialect[], recipe: Recipe): string {
  return dialects
    .flatMap(({ name, hazards }) =>
      hazardFindings(recipe, hazards).map(({ message }) => `WARNING: ${name}: ${printable(message)}\n`),
    )
    .join('');
}

/** Why there is no portable form. */
export function refusalText({ refused, failures }: PortableForm, { parameters }: DialectModel): string {
  const names = refused.map(({ index }) => parameters[index]?.name ?? '');
  const groups = groupNames(names, (place) => refused[place]?.why ?? '');
  const lines = groups.slice(0, MOST_GROUPS).map(({ pattern, members }) => {
    const why = refused[members[0] ?? -1]?.why ?? '';
    return `  ${printable(`${pattern}${members.length === 1 ? '' : `  ×${members.length}`}: ${why}`)}`;
  });
  if (groups.length > MOST_GROUPS) lines.push(`  … and ${groups.length - MOST_GROUPS} more groups; --json has all`);
  const failed = failures.map(({ dialect, failure }) => `  ${dialect} fails: ${failureText(failure)}`);
  const hint = 'Give those tensors a null, or leave a dialect out with --dialects.';
  return [
    'error: there is no recipe that these dialects read alike and that means the same.',
    ...failed,
    ...lines,
    hint,
    '',
  ].join('\n');
}
