import { escape, PythonReError } from '@fewbit/python-re';
import type { WriteOptions, WrittenRecipe } from '../contract.ts';
import { confineToWeight } from '../pattern/confine.ts';
import { fullSource, weightOf, type NamePattern } from '../pattern/name-pattern.ts';
import { usable } from '../pattern/regex-text.ts';
import { nameSet } from '../pattern/name-set.ts';
import { gatherFindings, type Findings } from '../findings.ts';
import {
  adaptRules,
  except,
  exactFirst,
  mostCommon,
  reachable,
  sameOrNull,
  type Rule,
  type RuleList,
} from '../rules.ts';
import { describeScheme, type AdaptedScheme, type Scheme } from '../scheme/scheme.ts';
import { toTorchao } from '../scheme/to-torchao.ts';

/** Writes rules as one config and a list of what to skip; rules with other schemes are lost, and skipped. */
export function writeTransformers(list: RuleList, options: WriteOptions = {}): WrittenRecipe {
  const findings = gatherFindings();
  const { rules, fallback } = adaptRules(reachable(list), (scheme) => supported(scheme, options), findings);
  const ordered = exactFirst(rules);
  const only = fallback?.scheme ?? mostCommon(ordered);
  const single = ordered.map((rule) => (sameOrNull(rule.scheme, only) ? rule : lost(rule, only, findings)));
  // Where everything is skipped, any config will do.
  const { config: one, losses } = toTorchao(only ?? PLACEHOLDER, options);
  findings.addAll(losses, fallback?.origin ?? null);
  const config = {
    quant_method: 'torchao',
    quant_type: { default: one },
    modules_to_not_convert: skipList(single, (fallback?.scheme ?? null) !== null, findings),
    include_input_output_embeddings: false,
    untie_embedding_weights: false,
  };
  return { text: `${JSON.stringify(config, null, 2)}\n`, findings: findings.list };
}

const PLACEHOLDER: Scheme = {
  weights: { numbers: 'int8', sharing: { by: 'channel' }, symmetric: true, scales: 'float' },
  activations: null,
};

/** Losses of the one config are reported where it is written. */
function supported(scheme: Scheme, options: WriteOptions): AdaptedScheme {
  const { config, losses } = toTorchao(scheme, options);
  return config === null ? { scheme: null, losses } : { scheme, losses: [] };
}

function lost(rule: Rule, only: Scheme | null, findings: Findings): Rule {
  const message = `transformers has one config for all modules, ${describeScheme(only)}; these are skipped`;
  findings.add('loss', 'one-scheme', message, rule.origin);
  return { ...rule, scheme: null };
}

// An entry skips whatever else is said, so what an earlier rule quantizes has to be left out of it.
function skipList(rules: readonly Rule[], restIsQuantized: boolean, findings: Findings): readonly string[] {
  const skipped: string[] = [];
  const earlier: NamePattern[] = [];
  const skip = (pattern: NamePattern, origin: Rule['origin'] | null): void => {
    const text = entryText(pattern, earlier);
    if (text !== null) skipped.push(text);
    else findings.add('loss', 'pattern-unsaid', 'what is skipped cannot be said in one pattern', origin);
  };
  for (const { pattern, scheme, origin } of rules) {
    if (scheme === null) skip(pattern, origin);
    else earlier.push(pattern);
  }
  if (!restIsQuantized) skip({ form: 'all' }, null);
  return skipped;
}

/** Null for what is too long, or cannot be held to the name of a weight. */
function entryText(pattern: NamePattern, earlier: readonly NamePattern[]): string | null {
  if (pattern.form === 'exact') return `${escape(weightOf(pattern.module))}$`;
  try {
    const { first } = nameSet([pattern]);
    const inside = earlier.filter((other) => other.form !== 'exact' || first(other.module) === 0);
    const source = confineToWeight(fullSource(except(pattern, inside)));
    return source === null ? null : usable(`${source}$`);
  } catch (error) {
    if (error instanceof PythonReError) return null;
    throw error;
  }
}
