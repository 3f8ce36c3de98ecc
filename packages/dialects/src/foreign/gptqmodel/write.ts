import { escape, PythonReError } from '@fewbit/python-re';
import type { JsonObject } from '@fewbit/core';
import type { WriteOptions, WrittenRecipe } from '../contract.ts';
import { inBlock, WHOLE_NAME } from '../blocks.ts';
import { ALL, ANYTHING, fullSource, type NamePattern } from '../pattern/name-pattern.ts';
import { nameSet } from '../pattern/name-set.ts';
import { scoped, usable } from '../pattern/regex-text.ts';
import { gatherFindings, type Findings } from '../findings.ts';
import { adaptRules, except, firstMatch, mostCommon, reachable, type Rule, type RuleList } from '../rules.ts';
import type { Origin } from '../origin.ts';
import { weightOnly, type Scheme } from '../scheme/scheme.ts';
import { adaptToGptq, fieldsOfScheme } from './fields.ts';

/** Writes rules as `dynamic` and base fields. What is skipped comes first there, whatever else is said of it. */
export function writeGptq(list: RuleList, options: WriteOptions = {}): WrittenRecipe {
  const findings = gatherFindings();
  const { rules, fallback } = adaptRules(reachable(list), adaptToGptq, findings);
  const base = fallback?.scheme ?? mostCommon(rules) ?? DEFAULT_BASE;
  const dynamic = dynamicOf(rules, (fallback?.scheme ?? null) === null, findings);
  const head = firstMatch(rules)('lm_head');
  const lmHead = ((head === -1 ? fallback?.scheme : rules[head]?.scheme) ?? null) !== null;
  const outside = rules.filter(({ pattern, scheme }) => scheme !== null && outsideBlocks(pattern));
  for (const { origin } of outside) {
    findings.add('loss', 'outside-blocks', 'GPTQModel quantizes lm_head and what lies in numbered blocks only', origin);
  }
  if (options.parameters === undefined && (fallback?.scheme ?? null) !== null) {
    const message =
      'GPTQModel leaves alone linear modules outside the decoder blocks; whether the model has any that should be quantized is unknown without its checkpoint';
    findings.add('loss', 'scope-unchecked', message);
  }
  findings.add(
    'changed',
    'calibrated-rounding',
    'GPTQModel rounds with calibration data, not each weight to the nearest code',
  );
  const config = {
    quant_method: 'gptq',
    ...fieldsOfScheme(base),
    desc_act: false,
    lm_head: lmHead,
    dynamic: Object.fromEntries(dynamic),
  };
  return { text: `${JSON.stringify(config, null, 2)}\n`, findings: findings.list };
}

const DEFAULT_BASE: Scheme = weightOnly(4, { by: 'group', size: 128 }, true) ?? {
  weights: { numbers: 'int4', sharing: { by: 'group', size: 128 }, symmetric: true, scales: 'float' },
  activations: null,
};

const NOWHERE: Origin = { entry: 'modules that no entry is about', position: null };

function dynamicOf(rules: readonly Rule[], skipsRest: boolean, findings: Findings): ReadonlyMap<string, JsonObject> {
  const dynamic: Map<string, JsonObject> = new Map();
  const earlier: NamePattern[] = [];
  const all: readonly Rule[] = skipsRest ? [...rules, { pattern: ALL, scheme: null, origin: NOWHERE }] : rules;
  for (const { pattern, scheme, origin } of all) {
    if (scheme !== null) earlier.push(pattern);
    const text = scheme === null ? skipText(pattern, earlier) : usable(patternText(pattern));
    if (text === null) {
      findings.add('loss', 'pattern-unsaid', 'the pattern is too long when it says all that it has to', origin);
    } else {
      const key = `${scheme === null ? '-' : '+'}:${text}`;
      if (!dynamic.has(key)) dynamic.set(key, scheme === null ? {} : fieldsOfScheme(scheme));
    }
  }
  return dynamic;
}

/** A pattern that skips what is not in earlier patterns, by full names only; null where it is too long. */
function skipText(pattern: NamePattern, earlier: readonly NamePattern[]): string | null {
  try {
    const { first } = nameSet([pattern]);
    const inside = earlier.filter((other) => other.form !== 'exact' || first(other.module) === 0);
    if (pattern.form === 'exact' && inside.length === 0) return usable(patternText(pattern));
    return usable(`${WHOLE_NAME}${fullSource(except(pattern, inside))}$`);
  } catch (error) {
    if (error instanceof PythonReError) return null;
    throw error;
  }
}

function outsideBlocks(pattern: NamePattern): boolean {
  return pattern.form === 'exact' && pattern.module !== 'lm_head' && !inBlock(pattern.module);
}

// Tried at the start of the name; the end has to be asked for.
function patternText(pattern: NamePattern): string {
  switch (pattern.form) {
    case 'exact':
      return `${escape(pattern.module)}$`;
    case 'all':
      return '.*';
    case 'regex':
      if (pattern.anchor === 'match') return pattern.source;
      return pattern.anchor === 'full' ? `${scoped(pattern.source)}$` : `${ANYTHING}${scoped(pattern.source)}`;
  }
}
