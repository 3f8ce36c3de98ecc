import { compile, PythonReError } from '@fewbit/python-re';
import { compareCodePoints, type JsonObject } from '@fewbit/core';
import type { WriteOptions, WrittenRecipe } from '../contract.ts';
import { noteKinds } from '../kinds.ts';
import { ANYTHING, type NamePattern } from '../pattern/name-pattern.ts';
import { nameSet } from '../pattern/name-set.ts';
import { scoped, usable } from '../pattern/regex-text.ts';
import { gatherFindings, type Findings } from '../findings.ts';
import { adaptRules, except, exactFirst, reachable, type Rule, type RuleList } from '../rules.ts';
import { schemeKey, type Scheme } from '../scheme/scheme.ts';
import { adaptToCompressedTensors, argsOf } from './args.ts';

/** Writes rules as groups of targets and a list of what to ignore, as `quantization_config` has them. */
export function writeCompressedTensors(list: RuleList, options: WriteOptions = {}): WrittenRecipe {
  const findings = gatherFindings();
  const adapted = adaptRules(reachable(list), adaptToCompressedTensors, findings);
  const { rules, fallback } = adapted;
  noteKinds(adapted, 'embeddings', options, findings);
  const ordered = exactFirst(rules);
  const groups = groupsOf(ordered, fallback, findings);
  const config = {
    quant_method: 'compressed-tensors',
    config_groups: Object.fromEntries(groups.map((group, at) => [`group_${at}`, group])),
    ignore: ignoreOf(ordered, findings),
  };
  return { text: `${JSON.stringify(config, null, 2)}\n`, findings: findings.list };
}

function groupsOf(rules: readonly Rule[], fallback: RuleList['fallback'], findings: Findings): readonly JsonObject[] {
  const targets = numbered(rules.filter(({ scheme }) => scheme !== null));
  const groups: Map<string, { readonly scheme: Scheme; readonly targets: string[] }> = new Map();
  const add = (target: string, scheme: Scheme): void => {
    const group = groups.get(schemeKey(scheme)) ?? { scheme, targets: [] };
    group.targets.push(target);
    groups.set(schemeKey(scheme), group);
  };
  // A text stands for one group only, and the first rule decides.
  const seen: Set<string> = new Set();
  for (const { text, scheme, origin } of targets) {
    if (scheme === null || seen.has(text)) continue;
    if (text.startsWith('re:') && usable(text.slice('re:'.length)) === null) {
      findings.add('loss', 'pattern-unsaid', 'the pattern is too long when its end is asked for too', origin);
      continue;
    }
    seen.add(text);
    add(text, scheme);
  }
  if (fallback !== null && fallback.scheme !== null) add('Linear', fallback.scheme);
  return [...groups.values()].map(({ scheme, targets: names }) => ({
    targets: names,
    weights: argsOf(scheme.weights, false),
    input_activations: scheme.activations === null ? null : argsOf(scheme.activations, scheme.activations.dynamic),
    output_activations: null,
  }));
}

/** Patterns are asked in the order of their text: where that is not the rules' order, a comment in front makes it so. */
function numbered(rules: readonly Rule[]): readonly (Pick<Rule, 'scheme' | 'origin'> & { readonly text: string })[] {
  const texts = rules.map(({ pattern }) => targetText(pattern));
  const patterns = texts.filter((text) => text.startsWith('re:'));
  const sorted = patterns.every((text, at) => at === 0 || compareCodePoints(patterns[at - 1] ?? '', text) <= 0);
  const width = String(texts.length).length;
  return rules.map(({ scheme, origin }, at) => {
    const text = texts[at] ?? '';
    if (sorted || !text.startsWith('re:')) return { text, scheme, origin };
    return { text: `re:(?#${String(at).padStart(width, '0')})${text.slice(3)}`, scheme, origin };
  });
}

// What is ignored is ignored whatever else is said of it, so what an earlier rule quantizes has to be left out.
function ignoreOf(rules: readonly Rule[], findings: Findings): readonly string[] {
  const ignored: string[] = [];
  const earlier: NamePattern[] = [];
  for (const { pattern, scheme, origin } of rules) {
    if (scheme !== null) earlier.push(pattern);
    else if (pattern.form === 'exact') ignored.push(pattern.module);
    else {
      try {
        const { first } = nameSet([pattern]);
        const inside = earlier.filter((other) => other.form !== 'exact' || first(other.module) === 0);
        const text = targetText(except(pattern, inside));
        compile(text.slice('re:'.length));
        ignored.push(text);
      } catch (error) {
        if (!(error instanceof PythonReError)) throw error;
        findings.add(
          'loss',
          'pattern-unsaid',
          `what is skipped cannot be said in one pattern: ${error.message}`,
          origin,
        );
      }
    }
  }
  return [...new Set(ignored)];
}

// Tried at the start of the name; the end has to be asked for.
function targetText(pattern: NamePattern): string {
  switch (pattern.form) {
    case 'exact':
      return pattern.module;
    case 'all':
      return 'Linear';
    case 'regex':
      if (pattern.anchor === 'match') return `re:${pattern.source}`;
      return pattern.anchor === 'full' ? `re:${scoped(pattern.source)}\\Z` : `re:${ANYTHING}${scoped(pattern.source)}`;
  }
}
