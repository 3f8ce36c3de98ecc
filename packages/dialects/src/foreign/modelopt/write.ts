import type { JsonObject } from '@fewbit/core';
import type { WriteOptions, WrittenRecipe } from '../contract.ts';
import { noteKinds } from '../kinds.ts';
import { escapeGlob, globsOf } from '../pattern/glob.ts';
import { fullSource, type NamePattern } from '../pattern/name-pattern.ts';
import { gatherFindings } from '../findings.ts';
import { adaptRules, reachable, type RuleList } from '../rules.ts';
import type { Scheme } from '../scheme/scheme.ts';
import { adaptToModelopt, attributesOf } from './attributes.ts';

/** Writes rules as `quant_cfg`: everything off, then the rules from the last to the first, since the last entry decides. */
export function writeModelopt(list: RuleList, options: WriteOptions = {}): WrittenRecipe {
  const findings = gatherFindings();
  const adapted = adaptRules(reachable(list), adaptToModelopt, findings);
  const { rules, fallback } = adapted;
  noteKinds(adapted, 'embeddings', options, findings);
  const entries: JsonObject[] = [{ quantizer_name: '*', enable: false }];
  if (fallback !== null && fallback.scheme !== null) {
    // Not embeddings, which have quantizers as well.
    entries.push(...entriesOf('*', fallback.scheme).map((entry) => ({ ...entry, parent_class: 'nn.Linear' })));
  }
  for (const { pattern, scheme, origin } of rules.toReversed()) {
    const globs = globsOfPattern(pattern);
    if (globs === null) {
      const message =
        'globs have no repeats, no look-around and few alternatives, so the pattern cannot be said; with the checkpoint its modules can be named one by one';
      findings.add('loss', 'pattern-unsaid', message, origin);
    }
    for (const glob of globs ?? []) entries.push(...entriesOf(glob, scheme));
  }
  const config = { quant_cfg: entries, algorithm: 'max' };
  return { text: `${JSON.stringify(config, null, 2)}\n`, findings: findings.list };
}

function globsOfPattern(pattern: NamePattern): readonly string[] | null {
  return pattern.form === 'exact' ? [escapeGlob(pattern.module)] : globsOf(fullSource(pattern));
}

function entriesOf(glob: string, scheme: Scheme | null): readonly JsonObject[] {
  const [weight, input] = [`${glob}.weight_quantizer`, `${glob}.input_quantizer`];
  if (scheme === null) return [weight, input].map((name) => ({ quantizer_name: name, enable: false }));
  const { weights, activations } = scheme;
  return [
    { quantizer_name: weight, cfg: attributesOf(weights, false), enable: true },
    activations === null
      ? { quantizer_name: input, enable: false }
      : { quantizer_name: input, cfg: attributesOf(activations, activations.dynamic), enable: true },
  ];
}
