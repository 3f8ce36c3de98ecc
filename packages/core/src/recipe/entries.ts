import { quote } from '../quote.ts';
import { kindOf, RECIPE_TYPES } from './config-json.ts';
import { toJsonValue, type JsonNode, type JsonObjectNode } from './json-text.ts';
import type { RecipeProblem } from './recipe-problem.ts';

/** Where the entries of a recipe stand in a JSON text. */
export interface FoundEntries {
  readonly entries: JsonObjectNode;
  /** The same entries again, as torchao writes them under the older name; null when they are written once. */
  readonly repeated: JsonObjectNode | null;
  /** `transformers` when they were taken from a `config.json`, whose keys it sorts. */
  readonly writer: 'transformers' | 'torchao' | 'person';
  /** The members of transformers' `quantization_config`; null when there is none. */
  readonly quantizationConfig: JsonObjectNode | null;
}

const SHAPES =
  'the short form {"key": config or null}, torchao\'s {"_type": "FqnToConfig", …}, or a config.json that holds it';

/** Finds the entries in any of the shapes that a recipe comes in; a problem and null when there are none. */
export function findEntries(root: JsonNode, problems: RecipeProblem[]): FoundEntries | null {
  const refuse = (node: JsonNode, message: string): null => {
    problems.push({ message, key: null, position: node.position });
    return null;
  };
  if (root.kind !== 'object')
    return refuse(root, `a recipe is an object, not ${kindOf(toJsonValue(root))}; expected ${SHAPES}`);

  const quantization = objectMember(root, 'quantization_config');
  if (quantization !== null && isQuantizationConfig(quantization)) return fromQuantizationConfig(quantization, refuse);
  if (isQuantizationConfig(root)) return fromQuantizationConfig(root, refuse);
  if (root.members.get('architectures')?.value.kind === 'array') {
    return refuse(root, 'this is the config.json of a model without a "quantization_config"; there is no recipe in it');
  }
  if (stringMember(root, '_type') !== null) return fromEnvelope(root, 'torchao', null, refuse);
  const short = stringMember(root, 'type');
  if (short !== null) return refuse(root, bareConfig(short));
  return { entries: root, repeated: null, writer: 'person', quantizationConfig: null };
}

type Refuse = (node: JsonNode, message: string) => null;

function isQuantizationConfig(node: JsonObjectNode): boolean {
  return (
    stringMember(node, 'quant_method') !== null || (node.members.has('quant_type') && !isEntry(node, 'quant_type'))
  );
}

/** A key of the short form that happens to have the name of one of transformers' members. */
function isEntry(node: JsonObjectNode, key: string): boolean {
  const value = objectMember(node, key);
  return value !== null && (stringMember(value, 'type') !== null || stringMember(value, '_type') !== null);
}

function fromQuantizationConfig(node: JsonObjectNode, refuse: Refuse): FoundEntries | null {
  const method = stringMember(node, 'quant_method');
  if (method !== null && method !== 'torchao') {
    return refuse(node, `the quantization method is ${quote(method)}, which has no recipe; expected "torchao"`);
  }
  const quantType = node.members.get('quant_type')?.value;
  if (quantType?.kind === 'literal' && typeof quantType.value === 'string') {
    return refuse(
      quantType,
      `"quant_type" names a method (${quote(quantType.value)}) instead of holding a config; expected {"default": {"_type": "FqnToConfig", …}}`,
    );
  }
  const inner = quantType?.kind === 'object' ? objectMember(quantType, 'default') : null;
  if (quantType?.kind !== 'object' || inner === null || quantType.members.size !== 1) {
    return refuse(quantType ?? node, '"quant_type" has to hold exactly one member, "default", with the recipe in it');
  }
  if (stringMember(inner, '_type') === null)
    return refuse(inner, '"quant_type.default" has no "_type"; expected {"_type": "FqnToConfig", …}');
  return fromEnvelope(inner, 'transformers', node, refuse);
}

function fromEnvelope(
  node: JsonObjectNode,
  writer: FoundEntries['writer'],
  quantizationConfig: JsonObjectNode | null,
  refuse: Refuse,
): FoundEntries | null {
  const type = stringMember(node, '_type') ?? '';
  if (!RECIPE_TYPES.includes(type)) return refuse(node, bareConfig(type));
  const version = node.members.get('_version')?.value;
  if (version !== undefined && !(version.kind === 'literal' && version.value === 1)) {
    return refuse(version, `${type} is known in version 1 only; a newer version may mean something else`);
  }
  const data = objectMember(node, '_data');
  if (data === null) return refuse(node, `${type} has no object "_data"; expected {"fqn_to_config": {…}} in it`);
  const names = [...node.members.keys()].filter((name) => !['_type', '_version', '_data'].includes(name));
  const fields = [...data.members.keys()].filter((name) => !['fqn_to_config', 'module_fqn_to_config'].includes(name));
  const [unknown] = [...names, ...fields];
  if (unknown !== undefined)
    return refuse(node, `${quote(unknown)} is no part of ${type}; the keys go into "fqn_to_config"`);
  return fromMaps(node, data, { writer, quantizationConfig }, refuse);
}

function fromMaps(
  node: JsonObjectNode,
  data: JsonObjectNode,
  origin: Pick<FoundEntries, 'writer' | 'quantizationConfig'>,
  refuse: Refuse,
): FoundEntries | null {
  const maps: JsonObjectNode[] = [];
  for (const name of ['fqn_to_config', 'module_fqn_to_config']) {
    const map = data.members.get(name)?.value;
    if (map === undefined) continue;
    if (map.kind !== 'object')
      return refuse(map, `"${name}" is ${kindOf(toJsonValue(map))}; expected an object of keys and configs`);
    // An empty map is filled from the other one.
    if (map.members.size > 0) maps.push(map);
  }
  const [entries, repeated] = maps;
  const empty: JsonObjectNode = { kind: 'object', position: node.position, members: new Map() };
  return { entries: entries ?? empty, repeated: repeated ?? null, ...origin };
}

function bareConfig(type: string): string {
  return `this is a single config (${quote(type)}), not a recipe; to give it to every linear layer write {"_default": …} around it`;
}

function objectMember(node: JsonObjectNode, name: string): JsonObjectNode | null {
  const value = node.members.get(name)?.value;
  return value?.kind === 'object' ? value : null;
}

function stringMember(node: JsonObjectNode, name: string): string | null {
  const value = node.members.get(name)?.value;
  return value?.kind === 'literal' && typeof value.value === 'string' ? value.value : null;
}
