import type { JsonObject } from '@fewbit/core';
import type { WriteOptions, WrittenRecipe } from '../contract.ts';
import { fullSource } from '../pattern/name-pattern.ts';
import { usable } from '../pattern/regex-text.ts';
import { gatherFindings } from '../findings.ts';
import { adaptRules, firstMatch, reachable, type Rule, type RuleList } from '../rules.ts';
import { adaptToAutoRound, fieldsOfScheme } from './schemes.ts';
import { exactKey, respell, standardRegex } from './standard-regex.ts';

/** Writes rules as `layer_config`: the last key that matches decides, so the first rule comes last. */
export function writeAutoRound(list: RuleList, options: WriteOptions = {}): WrittenRecipe {
  const findings = gatherFindings();
  const { rules, fallback } = adaptRules(reachable(list), adaptToAutoRound, findings);
  const scheme = fallback?.scheme ?? null;
  const layers: Map<string, JsonObject> = new Map();
  for (const rule of rules) {
    const key = keyOf(rule);
    if (key === null) {
      const message =
        'AutoRound changes patterns before it uses them, and this one cannot be written so that it stays what it is';
      findings.add('loss', 'pattern-unsaid', message, rule.origin);
    } else if (!layers.has(key)) layers.set(key, fieldsOfScheme(rule.scheme));
  }
  // Without a key for it the head is left alone.
  if (scheme !== null && firstMatch(rules)('lm_head') === -1) layers.set(exactKey('lm_head'), fieldsOfScheme(scheme));
  if (scheme !== null && options.parameters === undefined) {
    const message =
      'AutoRound leaves alone linear modules outside the blocks; whether the model has any that should be quantized is unknown without its checkpoint';
    findings.add('loss', 'scope-unchecked', message);
  }
  findings.add(
    'changed',
    'tuned-rounding',
    'AutoRound tunes how weights are rounded, and does not take each to the nearest code',
  );
  const recipe = {
    ...(scheme === null ? { scheme: 'BF16' } : fieldsOfScheme(scheme)),
    layer_config: Object.fromEntries([...layers].reverse()),
  };
  return { text: `${JSON.stringify(recipe, null, 2)}\n`, findings: findings.list };
}

function keyOf({ pattern }: Rule): string | null {
  if (pattern.form === 'exact') return exactKey(pattern.module);
  const key = respell(fullSource(pattern));
  return key === null || usable(standardRegex(key)) === null ? null : key;
}
