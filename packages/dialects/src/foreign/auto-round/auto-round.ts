import { shown, type ParameterInfo } from '@fewbit/core';
import { toJsonValue, type JsonNode, type JsonObjectNode } from '../json-tree.ts';
import type { ForeignFormat, ForeignRecipe, ReadOptions } from '../contract.ts';
import { exact, regex } from '../pattern/name-pattern.ts';
import { compilePatterns, fieldsOf, objectAt, readJsonRecipe, type Problems } from '../problems.ts';
import { gatherFindings, type Findings } from '../findings.ts';
import { inBlock, OUTSIDE_BLOCKS } from '../blocks.ts';
import type { Rule, RuleList } from '../rules.ts';
import type { Origin } from '../origin.ts';
import type { Scheme } from '../scheme/scheme.ts';
import { adaptToAutoRound, DEFAULT_FIELDS, readFields, schemeOfFields, SCHEME_KEYS } from './schemes.ts';
import type { SchemeFields } from './presets.ts';
import { layersOf, type Layer } from './layers.ts';
import { isLayer, leavesShape, noteShapes, withoutSpoiled } from './shapes.ts';
import { isPlainText, standardRegex } from './standard-regex.ts';
import { writeAutoRound } from './write.ts';

/**
 * AutoRound's `scheme`, `layer_config` and `ignore_layers`, as JSON with the names of its arguments.
 *
 * A key that is a layer's full name is for that layer; any other becomes a pattern (`standardRegex`) that is searched for
 * in the names, and overwrites what was said before, full names included. Linear modules of the blocks that no key is
 * about get the scheme; `lm_head` is left alone unless a key or `quant_lm_head` says otherwise. Layers of shapes that kernels
 * do not take are left alone whatever is said of them, and with each all layers that the same pattern decides.
 */
export const autoRound: ForeignFormat = {
  name: 'auto-round',
  title: 'AutoRound (0.16; layer_config, ignore_layers)',
  read: readAutoRound,
  adapt: (scheme) => adaptToAutoRound(scheme),
  write: (list, options) => writeAutoRound(list, options),
};

const OTHER_KEYS: readonly string[] = ['scheme', 'layer_config', 'ignore_layers', 'quant_lm_head', 'quant_method'];

function readAutoRound(text: string, options: ReadOptions = {}): ForeignRecipe {
  const { root, problems } = readJsonRecipe(text);
  const findings = gatherFindings();
  const node = objectAt(root, 'quantization_config') ?? root;
  if (node.members.has('extra_config')) {
    problems.add(
      '"extra_config" is what AutoRound writes for loaders, who read it by other rules; expected "layer_config"',
      node,
    );
  }
  const baseOrigin: Origin = { entry: 'the scheme', position: node.position };
  const base = baseFields(node, baseOrigin, problems);
  noteGguf(node.members.get('scheme')?.value, baseOrigin, findings);
  const fallback = schemeOfFields(base, baseOrigin, problems);
  const written = layersOf(node, base, options.parameters, problems, findings);
  const { isName, skipped } = namesOf(options.parameters, findings, written);
  const keys = written.filter(({ key }) => !skipped(key));
  const named = new Map(keys.filter(({ key }) => isName(key)).map((layer) => [layer.key, layer]));
  // The last one decides.
  const asked = keys.filter(({ key }) => !isName(key)).reverse();
  const patterns = compilePatterns(
    asked.map(({ key, origin }) => ({ pattern: regex(standardRegex(key), 'search'), origin })),
    problems,
  );
  const searched = withoutSpoiled(asked, (module) => patterns.first(module), base, options.parameters ?? [], findings);
  const head = fieldsOf(node, 'the recipe', problems).boolean('quant_lm_head') === true;
  problems.check();
  for (const [name, { position }] of node.members) {
    if (SCHEME_KEYS.includes(name) || OTHER_KEYS.includes(name)) continue;
    findings.add('note', 'field-ignored', 'it says nothing about which weights get which codes', {
      entry: name,
      position,
    });
  }
  noteEscapes(searched, findings);
  noteShapes(base, options.parameters, findings);
  findings.add(
    'changed',
    'tuned-rounding',
    'AutoRound tunes how weights are rounded; torchao rounds each to the nearest code',
  );

  function select(parameter: ParameterInfo): Scheme | null {
    const { kind, parameter: name, module, shape } = parameter;
    if (name !== 'weight' || !isLayer(kind) || leavesShape(base, shape)) return null;
    const found = searched[patterns.first(module)] ?? named.get(module);
    if (found !== undefined) return found.scheme;
    return inBlock(module) || (head && module === 'lm_head') ? fallback : null;
  }
  const rules = [
    ...searched.map((layer): Rule => ruleOf(layer, false)),
    ...[...named.values()].map((layer): Rule => ruleOf(layer, true)),
  ];
  return { select, rules: listOf(rules, fallback, baseOrigin, head), findings: findings.list };
}

function ruleOf({ key, scheme, origin }: Layer, isExact: boolean): Rule {
  return { pattern: isExact ? exact(key) : regex(standardRegex(key), 'search'), scheme, origin };
}

function listOf(rules: readonly Rule[], scheme: Scheme | null, origin: Origin, head: boolean): RuleList {
  const outside: Origin = { entry: 'modules outside the blocks', position: null };
  return {
    rules: [
      ...rules,
      ...(head ? [{ pattern: regex('lm_head', 'full'), scheme, origin }] : []),
      ...OUTSIDE_BLOCKS.map((pattern): Rule => ({ pattern, scheme: null, origin: outside })),
    ],
    fallback: { scheme, origin },
  };
}

function baseFields(node: JsonObjectNode, origin: Origin, problems: Problems): SchemeFields {
  const scheme = node.members.get('scheme')?.value;
  const preset = scheme === undefined ? {} : readFields(scheme, origin, [], problems);
  const members = new Map([...node.members].filter(([name]) => SCHEME_KEYS.includes(name)));
  const own = readFields({ kind: 'object', position: node.position, members }, origin, [], problems);
  return { ...DEFAULT_FIELDS, ...preset, ...own };
}

interface Names {
  readonly isName: (key: string) => boolean;
  /** Of a module that is there and cannot be quantized; such a key says nothing. */
  readonly skipped: (key: string) => boolean;
}

function namesOf(
  parameters: readonly ParameterInfo[] | undefined,
  findings: Findings,
  layers: readonly Layer[],
): Names {
  if (parameters !== undefined) {
    const weights = parameters.filter(({ parameter }) => parameter === 'weight');
    const layerNames = new Set(weights.flatMap(({ kind, module }) => (isLayer(kind) ? [module] : [])));
    const leaves = new Set(weights.map(({ module }) => module));
    return { isName: (key) => layerNames.has(key), skipped: (key) => leaves.has(key) && !layerNames.has(key) };
  }
  // A path through a numbered block that ends in a name.
  const isName = (key: string): boolean => isPlainText(key) && /(?:^|\.)\d+\.(?:.*\.)?[A-Z_]\w*$/i.test(key);
  for (const { key, origin } of layers.filter(({ key: each }) => isName(each))) {
    const message = `${shown(key)} is taken for a layer's full name; if the model has no such layer, AutoRound searches for it in all names, which only the checkpoint shows`;
    findings.add('loss', 'name-or-part', message, origin);
  }
  return { isName, skipped: () => false };
}

function noteGguf(scheme: JsonNode | undefined, origin: Origin, findings: Findings): void {
  const name = scheme === undefined ? null : toJsonValue(scheme);
  if (typeof name !== 'string' || !/^gguf:/i.test(name)) return;
  const message =
    'for GGUF AutoRound quantizes embeddings and the head too, and some layers otherwise; they are left alone here';
  findings.add('loss', 'gguf-layers', message, origin);
}

function noteEscapes(layers: readonly Layer[], findings: Findings): void {
  for (const { key, origin } of layers) {
    if (!key.includes('\\.')) continue;
    const message =
      'AutoRound escapes dots itself, so an escaped dot asks for a backslash and matches no name; write a bare dot';
    findings.add('note', 'escaped-twice', message, origin);
  }
}
