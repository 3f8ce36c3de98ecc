import { shown } from '@fewbit/core';
import { toJsonValue, type JsonNode, type JsonObjectNode } from '../json-tree.ts';
import { fieldsOf, type Problems } from '../problems.ts';
import type { Findings } from '../findings.ts';
import type { Origin } from '../origin.ts';
import { readAttributes, type QuantizerState } from './attributes.ts';

/** One entry of `quant_cfg`, in the form of a list. */
export interface QuantizerEntry {
  /** A pattern of `fnmatch` for names of quantizers. */
  readonly glob: string;
  /** Null leaves what is set and only switches on or off. */
  readonly state: QuantizerState | null;
  readonly enable: boolean;
  /** Null: of any module. */
  readonly parent: Parent | null;
  readonly origin: Origin;
}

/** The modules with a weight that can be quantized here. */
export type Parent = 'nn.Linear' | 'nn.Embedding';

/** Reads `quant_cfg` as a list, or as the map of earlier versions, whose order counts alike. */
export function readEntries(value: JsonNode, problems: Problems, findings: Findings): readonly QuantizerEntry[] {
  if (value.kind === 'object')
    return [...value.members].flatMap(([key, member]) => legacy(key, member.value, problems, findings));
  if (value.kind === 'array')
    return value.elements.flatMap((element) =>
      element.kind === 'object' ? readEntry(element, problems, findings) : refuse(element, problems),
    );
  return refuse(value, problems);
}

function refuse(node: JsonNode, problems: Problems): readonly QuantizerEntry[] {
  problems.add(`${shown(toJsonValue(node))} is no entry; expected an object with "quantizer_name"`, node);
  return [];
}

function readEntry(node: JsonObjectNode, problems: Problems, findings: Findings): readonly QuantizerEntry[] {
  const name = node.members.get('quantizer_name') ?? node.members.get('quantizer_path');
  if (name === undefined)
    return [...node.members].flatMap(([key, member]) => legacy(key, member.value, problems, findings));
  const fields = fieldsOf(node, 'an entry', problems);
  const glob = fields.string('quantizer_name') ?? fields.string('quantizer_path') ?? '';
  const origin: Origin = { entry: `quantizer ${shown(glob)}`, position: node.position };
  const cfg = node.members.get('cfg')?.value;
  const empty = cfg === undefined || (cfg.kind === 'literal' && cfg.value === null);
  if (empty && fields.boolean('enable') === undefined) problems.addAt('it has neither "cfg" nor "enable"', origin);
  const enable = fields.boolean('enable') ?? true;
  return entryOf(
    { glob, cfg: empty ? null : cfg, enable, origin, parent: fields.string('parent_class') ?? null },
    problems,
    findings,
  );
}

/** `{"*weight_quantizer": {…, "enable": …}}`, and the same inside of `{"nn.Linear": {…}}`. */
function legacy(
  key: string,
  value: JsonNode,
  problems: Problems,
  findings: Findings,
  parent: string | null = null,
): readonly QuantizerEntry[] {
  if (parent === null && key.startsWith('nn.') && value.kind === 'object') {
    return [...value.members].flatMap(([inner, member]) => legacy(inner, member.value, problems, findings, key));
  }
  const glob = key === 'default' && parent === null ? '*' : key;
  const origin: Origin = { entry: `quantizer ${shown(glob)}`, position: value.position };
  if (value.kind !== 'object') {
    return value.kind === 'array'
      ? entryOf({ glob, cfg: value, enable: true, origin, parent }, problems, findings)
      : refuse(value, problems);
  }
  const enable = fieldsOf(value, origin.entry, problems).boolean('enable') ?? true;
  const members = new Map([...value.members].filter(([name]) => name !== 'enable'));
  if (members.size === 0 && !value.members.has('enable')) problems.addAt('it says nothing', origin);
  const cfg: JsonNode | null = members.size === 0 ? null : { kind: 'object', position: value.position, members };
  return entryOf({ glob, cfg, enable, origin, parent }, problems, findings);
}

interface RawEntry {
  readonly glob: string;
  readonly cfg: JsonNode | null;
  readonly enable: boolean;
  readonly origin: Origin;
  readonly parent: string | null;
}

function entryOf(raw: RawEntry, problems: Problems, findings: Findings): readonly QuantizerEntry[] {
  const { glob, cfg, enable, origin, parent } = raw;
  if (parent !== null && parent !== 'nn.Linear' && parent !== 'nn.Embedding') {
    const message = `it is for modules of ${parent}, and only linear modules and embeddings are looked at here`;
    findings.add('note', 'other-class', message, origin);
    return [];
  }
  if (cfg === null) return [{ glob, state: null, enable, parent, origin }];
  if (cfg.kind === 'object') {
    // An empty one that switches off only switches off.
    if (cfg.members.size === 0 && !enable) return [{ glob, state: null, enable, parent, origin }];
    const state = readAttributes(fieldsOf(cfg, origin.entry, problems), origin, problems, findings);
    return state === null ? [] : [{ glob, state, enable, parent, origin }];
  }
  const [first] = cfg.kind === 'array' ? cfg.elements : [];
  if (first?.kind !== 'object') return refuse(cfg, problems);
  findings.add('loss', 'sequential', 'one quantizer after the other has no counterpart; the first is taken', origin);
  const state = readAttributes(fieldsOf(first, origin.entry, problems), origin, problems, findings);
  return state === null ? [] : [{ glob, state, enable, parent, origin }];
}
