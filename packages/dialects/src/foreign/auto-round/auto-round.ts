import { shown, type ParameterInfo } from '@fewbit/core';
import { toJsonValue, type JsonNode, type JsonObjectNode } from '../json-tree.ts';
import type { ForeignFormat, ForeignRecipe, ReadOptions } from '../contract.ts';
import { exact, regex } from '../pattern/name-pattern.ts';
import {
  compilePatterns,
  fieldsOf,
  gatherFindings,
  objectAt,
  readJsonRecipe,
  type Findings,
  type Problems,
} from '../problems.ts';
import { inBlock, OUTSIDE_BLOCKS } from '../blocks.ts';
import type { Origin, Rule, RuleList } from '../rules.ts';
import type { Scheme } from '../scheme/scheme.ts';
import {
  adaptToAutoRound,
  DEFAULT_FIELDS,
  readFields,
  schemeOfFields,
  SCHEME_KEYS,
  type SchemeFields,
} from './schemes.ts';
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

interface Layer {
  readonly key: string;
  readonly scheme: Scheme | null;
  readonly origin: Origin;
}

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

/** The keys in AutoRound's order: a layer that is ignored keeps its place if it had one. */
function layersOf(
  node: JsonObjectNode,
  base: SchemeFields,
  parameters: readonly ParameterInfo[] | undefined,
  problems: Problems,
  findings: Findings,
): readonly Layer[] {
  const layers: Map<string, Layer> = new Map();
  const config = node.members.get('layer_config')?.value;
  if (config?.kind === 'object') {
    for (const [key, { position, value }] of config.members) {
      const origin: Origin = { entry: `layer_config ${shown(key)}`, position };
      const own = readFields(value, origin, ['fixed_by_user', 'in_blocks'], problems);
      const fields = servable({ ...base, ...own }, own, origin, findings);
      layers.set(key, { key, scheme: schemeOfFields(fields, origin, problems), origin });
    }
  } else if (config !== undefined && !(config.kind === 'literal' && config.value === null)) {
    problems.add('"layer_config" is no object of layers', config);
  }
  for (const layer of ignoredOf(node, parameters, problems)) layers.set(layer.key, layer);
  return [...layers.values()];
}

// What serves AutoRound's own format has no zero points of 8 bits.
function servable(fields: SchemeFields, own: SchemeFields, origin: Origin, findings: Findings): SchemeFields {
  if (fields.data_type !== 'int' || fields.bits !== 8 || fields.sym !== false) return fields;
  if ('sym' in own) {
    const message =
      'AutoRound takes 8 bits with zero points for the format of llm-compressor only, and refuses them elsewhere';
    findings.add('note', 'asymmetric-8-bit', message, origin);
    return fields;
  }
  const message =
    'AutoRound makes 8 bits symmetric where only the scheme says otherwise, but for the format of llm-compressor';
  findings.add('note', 'asymmetric-8-bit', message, origin);
  return { ...fields, sym: true };
}

function ignoredOf(
  node: JsonObjectNode,
  parameters: readonly ParameterInfo[] | undefined,
  problems: Problems,
): readonly Layer[] {
  const value = node.members.get('ignore_layers')?.value;
  if (value === undefined || (value.kind === 'literal' && (value.value === null || value.value === ''))) return [];
  if (value.kind !== 'literal' || typeof value.value !== 'string') {
    problems.add(`"ignore_layers" is ${shown(toJsonValue(value))}; expected names with commas between`, value);
    return [];
  }
  const names = value.value.replaceAll(' ', '').split(',');
  if (names.includes(''))
    problems.add('"ignore_layers" has nothing between two commas, on which AutoRound fails', value);
  const holds = (text: string): boolean => parameters?.some(({ module }) => module.includes(text)) ?? true;
  return names.map((name) => ({
    // So that `layers.1` does not reach `layers.10`; a layer called `fc1` stays as it is.
    key: /\d$/.test(name) && holds(`${name}.`) ? `${name}.` : name,
    scheme: null,
    origin: { entry: `ignore_layers ${shown(name)}`, position: value.position },
  }));
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

function isLayer(kind: ParameterInfo['kind']): boolean {
  return kind === 'linear' || kind === 'conv1d';
}

/** True for shapes that the scheme's kernels do not take: 32 has to divide them, or a group's size the columns. */
function leavesShape(
  { data_type: type, act_bits: actBits, group_size: size }: SchemeFields,
  shape: readonly number[],
): boolean {
  if (type === 'int') return typeof actBits === 'number' && actBits >= 16 && shape.some((extent) => extent % 32 !== 0);
  const grouped =
    typeof type === 'string' && /mx_fp|nv_fp/.test(type.toLowerCase()) && typeof size === 'number' && size > 0;
  return grouped && (shape[1] ?? 0) % size !== 0;
}

/**
 * AutoRound keeps one object for all layers that a pattern matches, and writes into it what becomes of a layer whose shape no
 * kernel takes.
 */
function withoutSpoiled(
  searched: readonly Layer[],
  first: (module: string) => number,
  base: SchemeFields,
  parameters: readonly ParameterInfo[],
  findings: Findings,
): readonly Layer[] {
  const spoiled: Map<number, ParameterInfo> = new Map();
  for (const parameter of parameters) {
    if (parameter.parameter !== 'weight' || !isLayer(parameter.kind) || !leavesShape(base, parameter.shape)) continue;
    const at = first(parameter.module);
    if (at !== -1 && !spoiled.has(at)) spoiled.set(at, parameter);
  }
  return searched.map((layer, at) => {
    const by = spoiled.get(at);
    if (by === undefined || layer.scheme === null) return layer;
    const message = `AutoRound quantizes none of the layers that ${shown(layer.key)} decides, since one of them, ${shown(by.module)}, has a shape that no kernel takes: ${by.shape.join(' x ')}`;
    findings.add('note', 'shape-shared', message, layer.origin);
    return { ...layer, scheme: null };
  });
}

function noteShapes(base: SchemeFields, parameters: readonly ParameterInfo[] | undefined, findings: Findings): void {
  if (parameters !== undefined || !leavesShape(base, [1, 1])) return;
  const message =
    'AutoRound leaves alone layers with a size that 32, or the group size, does not divide; whether the model has any is unknown without its checkpoint';
  findings.add('loss', 'shape-unchecked', message);
}

function noteEscapes(layers: readonly Layer[], findings: Findings): void {
  for (const { key, origin } of layers) {
    if (!key.includes('\\.')) continue;
    const message =
      'AutoRound escapes dots itself, so an escaped dot asks for a backslash and matches no name; write a bare dot';
    findings.add('note', 'escaped-twice', message, origin);
  }
}
