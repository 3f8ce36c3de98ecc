import type { ParameterInfo } from '@fewbit/core';
import type { ForeignFormat, ForeignRecipe, ReadOptions, WriteOptions } from './contract.ts';
import { exact } from './pattern/name-pattern.ts';
import { gatherFindings, type Findings, type ForeignFinding } from './findings.ts';
import type { Rule } from './rules.ts';
import type { Origin } from './origin.ts';
import { describeScheme, sameScheme, type Scheme } from './scheme/scheme.ts';

export interface ConvertRequest extends ReadOptions, WriteOptions {
  readonly text: string;
  readonly from: ForeignFormat;
  readonly to: ForeignFormat;
  /** The parameters of the model that the recipe is for. With them every tensor is checked, and named where it must be. */
  readonly parameters?: readonly ParameterInfo[];
}

/** What became of one entry of the source. */
export interface ConvertedEntry {
  readonly origin: Origin;
  /** The worst of the entry's findings; `carried` when there is none, or only notes. */
  readonly outcome: 'carried' | 'changed' | 'lost';
  /** What it gives to modules, in words. */
  readonly becomes: string;
}

export interface Conversion {
  /** The recipe in the other system's form. */
  readonly text: string;
  readonly entries: readonly ConvertedEntry[];
  readonly findings: readonly ForeignFinding[];
  /** What checking every tensor has shown; null without a model. */
  readonly checked: CheckedConversion | null;
}

export interface CheckedConversion {
  readonly parameters: number;
  /** Those that the source quantizes. */
  readonly quantized: number;
  /** Those that had to be named one by one, because no pattern says the same. */
  readonly named: number;
  /** Those that the result treats otherwise than the source, after all that could be done. */
  readonly differing: number;
}

/**
 * Turns a recipe of one system into one of another that gives the same tensors the same schemes, and says what could
 * not be carried over.
 *
 * With `parameters` both recipes are asked about each of them; where the patterns of the two systems do not say the same,
 * modules are named one by one.
 *
 * @throws InvalidRecipeError when the source cannot be read.
 */
export function convertRecipe(request: ConvertRequest): Conversion {
  const { text, from, to, ...options } = request;
  const { parameters } = options;
  const source = from.read(text, options);
  const findings = gatherFindings();
  for (const { severity, id, message, origin } of source.findings) findings.add(severity, id, message, origin);
  let written = to.write(source.rules, options);
  let checked: CheckedConversion | null = null;
  if (parameters !== undefined) {
    const wanted = parameters.map((parameter) => wantedScheme(source, to, parameter, options));
    const first = differing(to.read(written.text, options), parameters, wanted);
    const named = namesOf(first, parameters, wanted);
    if (named.length > 0) written = to.write({ ...source.rules, rules: [...named, ...source.rules.rules] }, options);
    const last = named.length > 0 ? differing(to.read(written.text, options), parameters, wanted) : first;
    noteDiffering(last, parameters, wanted, findings);
    checked = {
      parameters: parameters.length,
      quantized: wanted.filter((scheme) => scheme !== null).length,
      named: named.length,
      differing: last.length,
    };
  }
  for (const { severity, id, message, origin } of written.findings) findings.add(severity, id, message, origin);
  const settled = checked?.differing === 0 ? findings.list.filter(({ id }) => id !== 'pattern-unsaid') : findings.list;
  return { text: written.text, entries: entriesOf(source, settled), findings: settled, checked };
}

function wantedScheme(
  source: ForeignRecipe,
  to: ForeignFormat,
  parameter: ParameterInfo,
  options: WriteOptions,
): Scheme | null {
  const scheme = source.select(parameter);
  return scheme === null ? null : to.adapt(scheme, options).scheme;
}

function differing(
  target: ForeignRecipe,
  parameters: readonly ParameterInfo[],
  wanted: readonly (Scheme | null)[],
): readonly number[] {
  return parameters.flatMap((parameter, at) => (sameScheme(target.select(parameter), wanted[at] ?? null) ? [] : [at]));
}

const BY_NAME: Origin = { entry: 'modules named one by one', position: null };

function namesOf(
  differ: readonly number[],
  parameters: readonly ParameterInfo[],
  wanted: readonly (Scheme | null)[],
): readonly Rule[] {
  return differ.flatMap((at) => {
    const parameter = parameters[at];
    if (parameter?.parameter !== 'weight') return [];
    return [{ pattern: exact(parameter.module), scheme: wanted[at] ?? null, origin: BY_NAME }];
  });
}

function noteDiffering(
  differ: readonly number[],
  parameters: readonly ParameterInfo[],
  wanted: readonly (Scheme | null)[],
  findings: Findings,
): void {
  const groups: Map<string, string[]> = new Map();
  for (const at of differ) {
    const words = `should be ${describeScheme(wanted[at] ?? null)}`;
    groups.set(words, [...(groups.get(words) ?? []), parameters[at]?.name ?? '']);
  }
  for (const [words, names] of groups) {
    const [example] = names;
    const count = names.length === 1 ? 'one tensor' : `${names.length} tensors`;
    findings.add(
      'loss',
      'tensors-differ',
      `${count} ${words} and cannot be in this form, such as ${JSON.stringify(example)}`,
    );
  }
}

function entriesOf(source: ForeignRecipe, findings: readonly ForeignFinding[]): readonly ConvertedEntry[] {
  const { rules, fallback } = source.rules;
  const entries: Map<string, ConvertedEntry> = new Map();
  const all = fallback === null ? rules : [...rules, fallback];
  for (const { origin, scheme } of all) {
    const key = keyOf(origin);
    if (entries.has(key)) continue;
    entries.set(key, { origin, outcome: outcomeOf(origin, findings), becomes: describeScheme(scheme) });
  }
  // Entries of which no rule is left.
  for (const { origin } of findings) {
    if (origin === null || entries.has(keyOf(origin)) || origin === BY_NAME) continue;
    entries.set(keyOf(origin), { origin, outcome: outcomeOf(origin, findings), becomes: 'nothing' });
  }
  return [...entries.values()];
}

function keyOf({ entry, position }: Origin): string {
  return `${entry}\n${position?.line ?? ''}:${position?.column ?? ''}`;
}

function outcomeOf(origin: Origin, findings: readonly ForeignFinding[]): ConvertedEntry['outcome'] {
  const own = findings.filter((finding) => finding.origin !== null && keyOf(finding.origin) === keyOf(origin));
  if (own.some(({ severity }) => severity === 'loss')) return 'lost';
  return own.some(({ severity }) => severity === 'changed') ? 'changed' : 'carried';
}
