import {
  createMatcher,
  DEFAULT_KEY,
  formatRecipe,
  kindOfKey,
  locator,
  parseConfig,
  parseRecipe,
  REGEX_PREFIX,
  type Config,
  type ConfigRegistry,
  type ParameterInfo,
  type Recipe,
  type RecipeEntry,
} from '@fewbit/core';
import type { ForeignFormat, ForeignRecipe, ReadOptions, WriteOptions, WrittenRecipe } from '../contract.ts';
import { confineToWeight } from '../pattern/confine.ts';
import { moduleForms } from '../pattern/module-forms.ts';
import { usable } from '../pattern/regex-text.ts';
import { exact, fullSource, weightOf, type NamePattern } from '../pattern/name-pattern.ts';
import { noteKinds } from '../kinds.ts';
import { gatherFindings, type Findings } from '../findings.ts';
import { exactFirst, reachable, type Rule, type RuleList } from '../rules.ts';
import type { Origin } from '../origin.ts';
import { fromTorchao } from '../scheme/from-torchao.ts';
import type { AdaptedScheme, Scheme, SchemeLoss } from '../scheme/scheme.ts';
import { toTorchao, type ConfigEnvelope } from '../scheme/to-torchao.ts';
import { keptConfig, keepingRegistry } from './kept-config.ts';

/** torchao's `FqnToConfig`, resolved as documented. */
export const fqn: ForeignFormat = {
  name: 'fqn',
  title: "torchao's FqnToConfig, as documented (0.19)",
  read: readFqn,
  adapt: adaptToTorchao,
  write: writeFqn,
};

function adaptToTorchao(scheme: Scheme, options: WriteOptions = {}): AdaptedScheme {
  const { config, losses } = toTorchao(scheme, options);
  if (config === null) return { scheme: null, losses };
  return { scheme: fromTorchao(config._type, config._data).scheme, losses };
}

interface PlacedEntry extends RecipeEntry {
  readonly origin: Origin;
}

function readFqn(text: string, options: ReadOptions = {}): ForeignRecipe {
  const { recipe, places } = parseRecipe(text, keepingRegistry(options.registry), options);
  const findings = gatherFindings();
  const positionAt = locator(text);
  const entries = recipe.entries.map((entry, index): PlacedEntry => {
    const start = places[index]?.key.start;
    const position = start === undefined ? null : positionAt(start);
    return { ...entry, origin: { entry: `key ${JSON.stringify(entry.key)}`, position } };
  });
  const schemes = entries.map(({ config, origin }) => schemeOf(config, origin, findings));
  const matcher = createMatcher(recipe, options);
  const select = (parameter: ParameterInfo): Scheme | null => {
    const { outcome, entry } = matcher.resolve(parameter);
    return outcome === 'config' ? (schemes[entry] ?? null) : null;
  };
  return { select, rules: rulesOf(entries, schemes, findings), findings: findings.list };
}

function schemeOf(config: Config | null, origin: Origin, findings: Findings): Scheme | null {
  if (config === null) return null;
  const { scheme, losses } = fromTorchao(config.type, config.toFields());
  findings.addAll(losses, origin);
  return scheme;
}

// In the order of the tiers: the parameter, its module, patterns on the parameter, patterns on the module.
function rulesOf(entries: readonly PlacedEntry[], schemes: readonly (Scheme | null)[], findings: Findings): RuleList {
  const tiers: readonly Rule[][] = [[], [], [], []];
  let fallback: RuleList['fallback'] = null;
  for (const [index, { key, config, origin }] of entries.entries()) {
    const scheme = schemes[index] ?? null;
    const add = (tier: number, pattern: NamePattern | null): void => {
      if (pattern !== null) tiers[tier]?.push({ pattern, scheme, origin });
    };
    if (key === DEFAULT_KEY) fallback = { scheme, origin };
    else if (kindOfKey(key) === 'regex') {
      const forms = moduleForms(key.slice(REGEX_PREFIX.length));
      add(2, forms.ofWeight);
      add(3, forms.ofModule);
      if (forms.unsaid) noteUnsaid(origin, findings);
    } else if (key === 'weight' || key.endsWith('.weight')) add(0, exact(key.slice(0, -'.weight'.length)));
    else {
      add(1, exact(key));
      noteBias(key, config, origin, findings);
    }
  }
  return { rules: tiers.flat(), fallback };
}

function noteUnsaid(origin: Origin, findings: Findings): void {
  const message =
    'the pattern is asked about names of parameters, and cannot be turned into one about names of modules; with the checkpoint its tensors can be named one by one';
  findings.add('loss', 'pattern-unsaid', message, origin);
}

function noteBias(key: string, config: Config | null, origin: Origin, findings: Findings): void {
  if (!key.endsWith('.bias')) return;
  if (config === null)
    findings.add('note', 'bias-key', 'no other system quantizes a bias, so the key says nothing', origin);
  else findings.add('loss', 'bias-key', 'no other system quantizes a bias', origin);
}

function writeFqn(list: RuleList, options: WriteOptions = {}): WrittenRecipe {
  const findings = gatherFindings();
  const reached = reachable(list);
  const { rules, fallback } = reached;
  const entries: Map<string, Config | null> = new Map();
  const add = (key: string, scheme: Scheme | null, origin: Origin): void => {
    if (!entries.has(key)) entries.set(key, configOf(scheme, origin, options, findings));
  };
  for (const { pattern, scheme, origin } of exactFirst(rules)) {
    const key = keyOf(pattern);
    if (key !== null) add(key, scheme, origin);
    else {
      const message =
        'the pattern cannot be held to the names of weights, since it gives nothing back or is too long then; with the checkpoint its tensors can be named one by one';
      findings.add('loss', 'pattern-unsaid', message, origin);
    }
  }
  if (fallback !== null && fallback.scheme !== null) add(DEFAULT_KEY, fallback.scheme, fallback.origin);
  const recipe: Recipe = { entries: Array.from(entries, ([key, config]) => ({ key, config })) };
  noteKinds(reached, 'norms and embeddings', options, findings);
  return { text: formatRecipe(recipe), findings: findings.list };
}

function keyOf(pattern: NamePattern): string | null {
  if (pattern.form === 'exact') return readsAsModule(pattern.module) ? pattern.module : weightOf(pattern.module);
  const source = confineToWeight(fullSource(pattern));
  return source === null || usable(source) === null ? null : `${REGEX_PREFIX}${source}`;
}

// `lm_head.weight` as a key is about the weight of lm_head, whatever the source meant by a module of that name.
function readsAsModule(module: string): boolean {
  return module !== '' && kindOfKey(module) === 'exact' && !/(?:^|\.)(?:weight|bias)$/.test(module);
}

function configOf(scheme: Scheme | null, origin: Origin, options: WriteOptions, findings: Findings): Config | null {
  if (scheme === null) return null;
  const { config, losses } = toTorchao(scheme, options);
  findings.addAll(losses, origin);
  if (config === null) return null;
  if (options.registry !== undefined) findings.addAll(notKnown(config, options.registry), origin);
  return keptConfig(config._type, config._version, config._data);
}

function notKnown(config: ConfigEnvelope, registry: ConfigRegistry): readonly SchemeLoss[] {
  if (registry.configs.has(config._type)) {
    parseConfig(config, registry);
    return [];
  }
  return [
    {
      id: 'config-not-here',
      severity: 'note',
      message: `fewbit itself does not know ${config._type} yet; torchao does`,
    },
  ];
}
