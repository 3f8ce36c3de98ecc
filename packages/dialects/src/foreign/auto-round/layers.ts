import { shown, type ParameterInfo } from '@fewbit/core';
import { toJsonValue, type JsonObjectNode } from '../json-tree.ts';
import type { Problems } from '../problems.ts';
import type { Findings } from '../findings.ts';
import type { Origin } from '../origin.ts';
import type { Scheme } from '../scheme/scheme.ts';
import { readFields, schemeOfFields } from './schemes.ts';
import type { SchemeFields } from './presets.ts';

/** A key of `layer_config`, or a name of `ignore_layers`, and what its layers get. */
export interface Layer {
  readonly key: string;
  readonly scheme: Scheme | null;
  readonly origin: Origin;
}

/** The keys in AutoRound's order: a layer that is ignored keeps its place if it had one. */
export function layersOf(
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
  for (const layer of ignoredOf(node, parameters, problems, findings)) layers.set(layer.key, layer);
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
  findings: Findings,
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
  // A number alone is a block; of `fc1` only the model tells whether it is a layer or holds some.
  const holdsLayers = (name: string): boolean =>
    parameters?.some(({ module }) => module.includes(`${name}.`)) ?? /(?:^|\.)\d+$/.test(name);
  for (const name of names) {
    if (parameters !== undefined || !/[^.\d]\d+$/.test(name)) continue;
    const message = `${shown(name)} is taken for a part of layers' names; if other layers lie under that name, AutoRound ignores only those, which only the checkpoint shows`;
    findings.add('loss', 'name-or-part', message, { entry: `ignore_layers ${shown(name)}`, position: value.position });
  }
  return names.map((name) => ({
    // So that `layers.1` does not reach `layers.10`; a layer called `fc1` stays as it is.
    key: /\d$/.test(name) && holdsLayers(name) ? `${name}.` : name,
    scheme: null,
    origin: { entry: `ignore_layers ${shown(name)}`, position: value.position },
  }));
}
