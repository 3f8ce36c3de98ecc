import { quote } from '../quote.ts';
import { kindOf, RECIPE_TYPES } from './config-json.ts';
import { forEachMember, memberOf, valueOf, type JsonNode, type JsonText } from './json-text.ts';
import type { ProblemList } from './problem-list.ts';

/** Where the entries of a recipe stand in a JSON text. */
export interface FoundEntries {
  /** An object. */
  readonly entries: JsonNode;
  /** The same entries again, as torchao writes them under the older name; null when they are written once. */
  readonly repeated: JsonNode | null;
  /** `transformers` when they were taken from a `config.json`, whose keys it sorts. */
  readonly writer: 'transformers' | 'torchao' | 'person';
  /** The members of transformers' `quantization_config`; null when there is none. */
  readonly quantizationConfig: JsonNode | null;
}

const SHAPES =
  'the short form {"key": config or null}, torchao\'s {"_type": "FqnToConfig", …}, or a config.json that holds it';

/** Finds the entries in any of the shapes that a recipe comes in; a problem and null when there are none. */
export function findEntries(json: JsonText, problems: ProblemList): FoundEntries | null {
  const { text, root, positionAt } = json;
  const reader: Reader = {
    text,
    refuse: (node, message) => {
      problems.add({ message, key: null, position: positionAt(node.start) });
      return null;
    },
  };
  const { refuse } = reader;
  if (root.kind !== 'object')
    return refuse(root, `a recipe is an object, not ${kindOf(valueOf(text, root))}; expected ${SHAPES}`);

  const quantization = objectMember(reader, root, 'quantization_config');
  if (quantization !== null && isQuantizationConfig(reader, quantization))
    return fromQuantizationConfig(reader, quantization);
  if (isQuantizationConfig(reader, root)) return fromQuantizationConfig(reader, root);
  if (memberOf(text, root, 'architectures')?.kind === 'array') {
    return refuse(root, 'this is the config.json of a model without a "quantization_config"; there is no recipe in it');
  }
  if (stringMember(reader, root, '_type') !== null) return fromEnvelope(reader, root, 'torchao', null);
  const short = stringMember(reader, root, 'type');
  if (short !== null) return refuse(root, bareConfig(short));
  return { entries: root, repeated: null, writer: 'person', quantizationConfig: null };
}

interface Reader {
  readonly text: string;
  readonly refuse: (node: JsonNode, message: string) => null;
}

function isQuantizationConfig(reader: Reader, node: JsonNode): boolean {
  if (stringMember(reader, node, 'quant_method') !== null) return true;
  return memberOf(reader.text, node, 'quant_type') !== null && !isEntry(reader, node, 'quant_type');
}

/** A key of the short form that happens to have the name of one of transformers' members. */
function isEntry(reader: Reader, node: JsonNode, key: string): boolean {
  const value = objectMember(reader, node, key);
  return (
    value !== null && (stringMember(reader, value, 'type') !== null || stringMember(reader, value, '_type') !== null)
  );
}

function fromQuantizationConfig(reader: Reader, node: JsonNode): FoundEntries | null {
  const { text, refuse } = reader;
  const method = stringMember(reader, node, 'quant_method');
  if (method !== null && method !== 'torchao') {
    return refuse(node, `the quantization method is ${quote(method)}, which has no recipe; expected "torchao"`);
  }
  const quantType = memberOf(text, node, 'quant_type');
  const named = stringMember(reader, node, 'quant_type');
  if (quantType !== null && named !== null) {
    return refuse(
      quantType,
      `"quant_type" names a method (${quote(named)}) instead of holding a config; expected {"default": {"_type": "FqnToConfig", …}}`,
    );
  }
  const inner = quantType === null ? null : objectMember(reader, quantType, 'default');
  if (quantType === null || inner === null || namesOf(text, quantType).length !== 1) {
    return refuse(quantType ?? node, '"quant_type" has to hold exactly one member, "default", with the recipe in it');
  }
  if (stringMember(reader, inner, '_type') === null)
    return refuse(inner, '"quant_type.default" has no "_type"; expected {"_type": "FqnToConfig", …}');
  return fromEnvelope(reader, inner, 'transformers', node);
}

function fromEnvelope(
  reader: Reader,
  node: JsonNode,
  writer: FoundEntries['writer'],
  quantizationConfig: JsonNode | null,
): FoundEntries | null {
  const { text, refuse } = reader;
  const type = stringMember(reader, node, '_type') ?? '';
  if (!RECIPE_TYPES.includes(type)) return refuse(node, bareConfig(type));
  const version = memberOf(text, node, '_version');
  if (version !== null && !(version.kind === 'literal' && valueOf(text, version) === 1)) {
    return refuse(version, `${type} is known in version 1 only; a newer version may mean something else`);
  }
  const data = objectMember(reader, node, '_data');
  if (data === null) return refuse(node, `${type} has no object "_data"; expected {"fqn_to_config": {…}} in it`);
  const names = namesOf(text, node).filter((name) => !['_type', '_version', '_data'].includes(name));
  const fields = namesOf(text, data).filter((name) => !['fqn_to_config', 'module_fqn_to_config'].includes(name));
  const [unknown] = [...names, ...fields];
  if (unknown !== undefined)
    return refuse(node, `${quote(unknown)} is no part of ${type}; the keys go into "fqn_to_config"`);
  return fromMaps(reader, data, { writer, quantizationConfig });
}

function fromMaps(
  { text, refuse }: Reader,
  data: JsonNode,
  origin: Pick<FoundEntries, 'writer' | 'quantizationConfig'>,
): FoundEntries | null {
  const maps: JsonNode[] = [];
  let empty: JsonNode | null = null;
  for (const name of ['fqn_to_config', 'module_fqn_to_config']) {
    const map = memberOf(text, data, name);
    if (map === null) continue;
    if (map.kind !== 'object')
      return refuse(map, `"${name}" is ${kindOf(valueOf(text, map))}; expected an object of keys and configs`);
    // An empty map is filled from the other one.
    if (isEmpty(text, map)) empty ??= map;
    else maps.push(map);
  }
  const [entries, repeated] = maps;
  // Without any map the object that lacks them, which has no keys either, stands for the entries.
  return { entries: entries ?? empty ?? data, repeated: repeated ?? null, ...origin };
}

function bareConfig(type: string): string {
  return `this is a single config (${quote(type)}), not a recipe; to give it to every linear layer write {"_default": …} around it`;
}

function isEmpty(text: string, { start, end }: JsonNode): boolean {
  return text.slice(start + 1, end - 1).trim() === '';
}

function namesOf(text: string, node: JsonNode): readonly string[] {
  const names: string[] = [];
  forEachMember(text, node, (name) => names.push(name));
  return [...new Set(names)];
}

function objectMember({ text }: Reader, node: JsonNode, name: string): JsonNode | null {
  const value = memberOf(text, node, name);
  return value?.kind === 'object' ? value : null;
}

function stringMember({ text }: Reader, node: JsonNode, name: string): string | null {
  const member = memberOf(text, node, name);
  if (member === null || text[member.start] !== '"') return null;
  const value = valueOf(text, member);
  return typeof value === 'string' ? value : null;
}
