import { escape } from '@fewbit/python-re';
import type { JsonObject } from '@fewbit/core';
import type { WriteOptions, WrittenRecipe } from '../contract.ts';
import { ANYTHING, type NamePattern } from '../pattern/name-pattern.ts';
import { scoped, usable } from '../pattern/regex-text.ts';
import { gatherFindings } from '../problems.ts';
import { adaptRules, firstMatch, mostCommon, reachable, type RuleList } from '../rules.ts';
import { weightOnly, type Scheme } from '../scheme/scheme.ts';
import { adaptToGptq, fieldsOfScheme } from './fields.ts';

/** Writes rules as `dynamic`, whose order is theirs, and base fields. */
export function writeGptq(list: RuleList, options: WriteOptions = {}): WrittenRecipe {
  const findings = gatherFindings();
  const { rules, fallback } = adaptRules(reachable(list), adaptToGptq, findings);
  const base = fallback?.scheme ?? mostCommon(rules) ?? DEFAULT_BASE;
  const dynamic: Map<string, JsonObject> = new Map();
  for (const { pattern, scheme, origin } of rules) {
    const text = usable(patternText(pattern));
    const key = `${scheme === null ? '-' : '+'}:${text ?? ''}`;
    if (text === null) {
      findings.add('loss', 'pattern-unsaid', 'the pattern is too long when its end is asked for too', origin);
      continue;
    }
    if (!dynamic.has(key)) dynamic.set(key, scheme === null ? {} : fieldsOfScheme(scheme));
  }
  if ((fallback?.scheme ?? null) === null) dynamic.set('-:.*', {});
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

function outsideBlocks(pattern: NamePattern): boolean {
  return pattern.form === 'exact' && pattern.module !== 'lm_head' && !/(?:^|\.)\d+\./.test(pattern.module);
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
