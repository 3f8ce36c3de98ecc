import { shown } from '@fewbit/core';
import { toJsonValue, type JsonNode, type JsonObjectNode } from '../json-tree.ts';
import { fieldsOf, objectAt, stringsAt, stringsOf, type PlacedString, type Problems } from '../problems.ts';
import type { Findings } from '../findings.ts';
import type { Origin } from '../origin.ts';
import type { Scheme } from '../scheme/scheme.ts';
import { readArgs } from './args.ts';
import { PRESETS } from './presets.ts';

/** A scheme and what it is for; null quantizes no weights. */
export interface TargetGroup {
  readonly scheme: Scheme | null;
  readonly targets: readonly PlacedString[];
}

export interface FoundGroups {
  readonly groups: readonly TargetGroup[];
  readonly ignore: readonly PlacedString[];
}

/** Finds the groups in a `config.json`, a `quantization_config`, or a recipe of llm-compressor. */
export function findGroups(root: JsonObjectNode, problems: Problems, findings: Findings): FoundGroups {
  const config = objectAt(root, 'quantization_config') ?? root;
  const found = modifierIn(config, 'the recipe', findings, 3);
  if (found === null) {
    problems.add('there is no "config_groups" and no "scheme" in it', config);
    return { groups: [], ignore: [] };
  }
  const method = fieldsOf(found, 'quantization_config', problems).string('quant_method') ?? 'compressed-tensors';
  if (method !== 'compressed-tensors') {
    problems.add(`the quantization method is "${method}"; expected "compressed-tensors"`, found);
  }
  if (objectAt(found, 'kv_cache_scheme') !== null) {
    findings.add('loss', 'kv-cache', 'quantization of the key-value cache has no counterpart', {
      entry: 'kv_cache_scheme',
      position: found.members.get('kv_cache_scheme')?.position ?? null,
    });
  }
  const groups = [...groupsIn(found, problems, findings), ...presetsIn(found, problems)];
  return { groups, ignore: stringsAt(found, 'ignore', problems) };
}

/** The object that has the fields: the root, or a modifier a few levels below. */
function modifierIn(node: JsonObjectNode, name: string, findings: Findings, depth: number): JsonObjectNode | null {
  if (node.members.has('config_groups') || node.members.has('scheme')) {
    if (/^(?:GPTQ|AWQ|SparseGPT|AutoRound|SmoothQuant)/.test(name)) {
      const message = `${name} changes weights with calibration data; torchao rounds each to the nearest code`;
      findings.add('loss', 'calibrated-rounding', message);
    }
    return node;
  }
  if (depth === 0) return null;
  for (const [member, { value }] of node.members) {
    const inner = value.kind === 'object' ? modifierIn(value, member, findings, depth - 1) : null;
    if (inner !== null) return inner;
  }
  return null;
}

function groupsIn(node: JsonObjectNode, problems: Problems, findings: Findings): readonly TargetGroup[] {
  const groups = node.members.get('config_groups');
  if (groups === undefined || (groups.value.kind === 'literal' && groups.value.value === null)) return [];
  if (groups.value.kind !== 'object') {
    problems.add('"config_groups" is no object of groups', groups.value);
    return [];
  }
  return [...groups.value.members].map(([name, { position, value }]): TargetGroup => {
    const origin: Origin = { entry: `group ${shown(name)}`, position };
    // A list of targets under the name of a preset.
    if (value.kind === 'array')
      return { scheme: preset(name, value, problems), targets: stringsOf(value, name, problems) };
    if (value.kind === 'object') return readGroup(value, origin, problems, findings);
    problems.addAt(`it is ${shown(toJsonValue(value))}; expected a scheme with "targets"`, origin);
    return { scheme: null, targets: [] };
  });
}

function readGroup(node: JsonObjectNode, origin: Origin, problems: Problems, findings: Findings): TargetGroup {
  const args = (name: string): ReturnType<typeof readArgs> => {
    const inner = objectAt(node, name);
    return inner === null
      ? null
      : readArgs(fieldsOf(inner, `${origin.entry}, ${name}`, problems), origin, problems, findings);
  };
  const [weights, inputs] = [args('weights'), args('input_activations')];
  if (objectAt(node, 'output_activations') !== null) {
    findings.add('loss', 'output-activations', 'quantized outputs have no counterpart', origin);
  }
  if (weights === null && inputs !== null) {
    findings.add(
      'loss',
      'activations-only',
      'quantized activations without quantized weights have no counterpart',
      origin,
    );
  }
  const activations = inputs === null ? null : { ...inputs.scheme, dynamic: inputs.dynamic };
  const targets = stringsAt(node, 'targets', problems);
  return { scheme: weights === null ? null : { weights: weights.scheme, activations }, targets };
}

/** llm-compressor's `scheme`: a preset's name for `targets`, or names of presets with targets of their own. */
function presetsIn(node: JsonObjectNode, problems: Problems): readonly TargetGroup[] {
  const scheme = node.members.get('scheme')?.value;
  if (scheme === undefined || (scheme.kind === 'literal' && scheme.value === null)) return [];
  if (scheme.kind === 'object') {
    return [...scheme.members].map(([name, { value }]) => ({
      scheme: preset(name, value, problems),
      targets: stringsOf(value, name, problems),
    }));
  }
  const written = node.members.has('targets') ? stringsAt(node, 'targets', problems) : DEFAULT_TARGETS;
  const name = scheme.kind === 'literal' && typeof scheme.value === 'string' ? scheme.value : '';
  return [{ scheme: preset(name, scheme, problems), targets: written }];
}

const DEFAULT_TARGETS: readonly PlacedString[] = [
  { text: 'Linear', origin: { entry: 'the default targets', position: null } },
];

function preset(name: string, node: JsonNode, problems: Problems): Scheme | null {
  const found = PRESETS.get(name.toUpperCase());
  if (found !== undefined) return found;
  problems.add(`${shown(name)} is no preset; expected one of ${[...PRESETS.keys()].join(', ')}`, node);
  return null;
}
