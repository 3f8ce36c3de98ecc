import type { ParameterInfo } from '@fewbit/core';
import type { ForeignFormat, ForeignRecipe, ReadOptions } from '../contract.ts';
import { globSource, parseGlob, withoutEnd } from '../pattern/glob.ts';
import { ALL, ANYTHING, regex, type NamePattern } from '../pattern/name-pattern.ts';
import { compilePatterns, objectAt, readJsonRecipe, type Problems } from '../problems.ts';
import { gatherFindings, type Findings } from '../findings.ts';
import type { Rule, RuleList } from '../rules.ts';
import type { Origin } from '../origin.ts';
import type { Scheme } from '../scheme/scheme.ts';
import {
  adaptToModelopt,
  INITIAL_EMBEDDING,
  INITIAL_INPUT,
  INITIAL_WEIGHT,
  type QuantizerState,
} from './attributes.ts';
import { readEntries, type Parent, type QuantizerEntry } from './entries.ts';
import { writeModelopt } from './write.ts';

/**
 * ModelOpt's `quant_cfg`: a list whose entries match names of quantizers (`model.layers.0.mlp.up_proj.weight_quantizer`)
 * with `fnmatch` and are applied one after the other, so that the last one that matches decides. An entry without `cfg`
 * only switches on or off. What no entry matches stays at its start: int8, switched on. Embeddings have quantizers as well;
 * what goes into them is never quantized.
 */
export const modelopt: ForeignFormat = {
  name: 'modelopt',
  title: 'NVIDIA ModelOpt (0.47; quant_cfg)',
  read: (text, options) => readModelopt(text, options),
  adapt: (scheme) => adaptToModelopt(scheme),
  write: (list, options) => writeModelopt(list, options),
};

const WEIGHT = '.weight_quantizer';
const INPUT = '.input_quantizer';

function readModelopt(text: string, options: ReadOptions = {}): ForeignRecipe {
  const { root, problems } = readJsonRecipe(text);
  const findings = gatherFindings();
  const node =
    objectAt(root, 'quant_cfg') !== null || root.members.has('quant_cfg') ? root : (objectAt(root, 'quantize') ?? root);
  const value = node.members.get('quant_cfg')?.value;
  if (value === undefined) problems.add('there is no "quant_cfg" in it', node);
  const entries = value === undefined ? [] : readEntries(value, problems, findings);
  noteAlgorithm(root.members.get('algorithm')?.value, findings);
  const quantizers = compilePatterns(
    entries.map(({ glob, origin }) => ({ pattern: regex(globSource(parseGlob(glob)), 'full'), origin })),
    problems,
  );
  if (entries.length > MAX_ENTRIES)
    problems.add(`there are ${entries.length} entries; expected at most ${MAX_ENTRIES}`, value ?? node);
  noteOutputs(entries, quantizers.all('model.layers.0.mlp.up_proj.output_quantizer'), findings);
  problems.check();

  const stateOf = (name: string, start: QuantizerState, parent: Parent): QuantizerState | null => {
    let [state, enabled] = [start, true];
    for (const at of quantizers.all(name)) {
      const entry = entries[at];
      if (entry === undefined || !isOf(entry, parent)) continue;
      [state, enabled] = [entry.state ?? state, entry.enable];
    }
    return enabled ? state : null;
  };
  const ofEmbedding = (module: string): QuantizerState | null =>
    stateOf(`${module}${WEIGHT}`, INITIAL_EMBEDDING, 'nn.Embedding');
  const select = ({ kind, parameter, module }: ParameterInfo): Scheme | null => {
    if (parameter !== 'weight' || (kind !== 'linear' && kind !== 'embedding')) return null;
    const weights =
      kind === 'embedding' ? ofEmbedding(module) : stateOf(`${module}${WEIGHT}`, INITIAL_WEIGHT, 'nn.Linear');
    if (weights === null) return null;
    return schemeOf(weights, kind === 'embedding' ? null : stateOf(`${module}${INPUT}`, INITIAL_INPUT, 'nn.Linear'));
  };
  if (options.parameters === undefined && EMBEDDINGS.some((module) => ofEmbedding(module) !== null)) {
    const message = 'embeddings are quantized too; which modules those are only the checkpoint shows';
    findings.add('loss', 'embeddings', message);
  }
  const linear = entries.filter((entry) => isOf(entry, 'nn.Linear'));
  return { select, rules: rulesOf(linear, problems), findings: findings.list };
}

// As models call them.
const EMBEDDINGS: readonly string[] = [
  'model.embed_tokens',
  'embed_tokens',
  'transformer.wte',
  'transformer.embed_tokens',
];

function isOf({ parent }: QuantizerEntry, asked: Parent): boolean {
  return parent === null || parent === asked;
}

// Weights and inputs are said apart, so rules are pairs of entries.
const MAX_ENTRIES = 200;

function schemeOf(weights: QuantizerState, inputs: QuantizerState | null): Scheme {
  return {
    weights: weights.scheme,
    activations: inputs === null ? null : { ...inputs.scheme, dynamic: inputs.dynamic },
  };
}

/** What one quantizer of each module does, as a list in which the first that matches decides. */
interface Case {
  /** Python pattern for a module's name. */
  readonly source: string;
  readonly state: QuantizerState | null;
  readonly origin: Origin;
}

function casesOf(entries: readonly QuantizerEntry[], quantizer: string, initial: QuantizerState): readonly Case[] {
  const start: Origin = { entry: 'what ModelOpt does without an entry', position: null };
  const own = entries.flatMap((entry) => {
    const globs = withoutEnd(parseGlob(entry.glob), quantizer);
    const source = globs.map((tokens) => `(?:${globSource(tokens)})`).join('|');
    return globs.length === 0 ? [] : [{ entry, source: globs.some(isAnything) ? ANYTHING : source }];
  });
  const cases: Case[] = [];
  for (const [at, { entry, source }] of [...own.entries()].reverse()) {
    if (!entry.enable) cases.push({ source, state: null, origin: entry.origin });
    else if (entry.state !== null) cases.push({ source, state: entry.state, origin: entry.origin });
    else {
      // Switched on: what an earlier entry has set.
      for (const before of own.slice(0, at).reverse()) {
        if (before.entry.state === null) continue;
        cases.push({ source: both(source, before.source), state: before.entry.state, origin: entry.origin });
      }
      cases.push({ source, state: initial, origin: entry.origin });
    }
    if (cases.at(-1)?.source === ANYTHING) return cases;
  }
  return [...cases, { source: ANYTHING, state: initial, origin: start }];
}

function isAnything(tokens: ReturnType<typeof parseGlob>): boolean {
  return tokens.length === 1 && tokens[0]?.kind === 'many';
}

/** Names that both patterns fully match. */
function both(left: string, right: string): string {
  if (left === ANYTHING) return right;
  return right === ANYTHING || left === right ? left : `(?=(?:${left})\\Z)(?:${right})`;
}

const MAX_RULES = 5000;

function rulesOf(entries: readonly QuantizerEntry[], problems: Problems): RuleList {
  const inputs = casesOf(entries, INPUT, INITIAL_INPUT);
  const rules: Rule[] = [];
  for (const weights of casesOf(entries, WEIGHT, INITIAL_WEIGHT)) {
    if (weights.state === null) {
      rules.push({ pattern: patternOf(weights.source), scheme: null, origin: weights.origin });
      continue;
    }
    for (const { source, state } of inputs) {
      const pattern = patternOf(both(weights.source, source));
      rules.push({ pattern, scheme: schemeOf(weights.state, state), origin: weights.origin });
      if (rules.length > MAX_RULES) {
        problems.add(`weights and inputs are said in more than ${MAX_RULES} ways together`, null);
        problems.check();
      }
    }
  }
  return { rules, fallback: null };
}

function patternOf(source: string): NamePattern {
  return source === ANYTHING ? ALL : regex(source, 'full');
}

function noteAlgorithm(value: Parameters<typeof readEntries>[0] | undefined, findings: Findings): void {
  if (value === undefined || (value.kind === 'literal' && (value.value === null || value.value === 'max'))) return;
  const name = value.kind === 'literal' ? String(value.value) : 'of its own';
  findings.add(
    'loss',
    'algorithm',
    `the algorithm ${name} looks for better scales with data; torchao takes them from extremes`,
  );
}

function noteOutputs(entries: readonly QuantizerEntry[], reached: readonly number[], findings: Findings): void {
  for (const at of reached) {
    const entry = entries[at];
    if (entry?.enable !== true || entry.state === null) continue;
    findings.add('loss', 'output-activations', 'quantized outputs have no counterpart', entry.origin);
  }
}
