import type { ParameterInfo } from '@fewbit/core';
import { toJsonValue, type JsonObjectNode } from '../json-tree.ts';
import type { ForeignFormat, ForeignRecipe, WriteOptions, WrittenRecipe } from '../contract.ts';
import { exact, regex, type NamePattern } from '../pattern/name-pattern.ts';
import { compilePatterns, fieldsOf, objectAt, readJsonRecipe, type Problems } from '../problems.ts';
import { gatherFindings, type Findings } from '../findings.ts';
import { inBlock, matchingInBlocks, nameInBlock, OUTSIDE_BLOCKS } from '../blocks.ts';
import { firstMatch, isLinearWeight, type Rule, type RuleList } from '../rules.ts';
import type { Origin } from '../origin.ts';
import type { AdaptedScheme, Scheme } from '../scheme/scheme.ts';
import { adaptToGptq, BASE_FIELDS, schemeOf, type GptqFields } from './fields.ts';
import { writeGptq } from './write.ts';

/**
 * GPTQModel's `QuantizeConfig` as a `quantize_config.json` or a `quantization_config` holds it: base fields for every
 * linear module of the decoder's blocks, and `dynamic`, an ordered map from a pattern to other fields. Patterns are tried at
 * the start of the module's name. Those with `-:` come first, wherever they stand, and skip; they are also tried on the name
 * that the module has inside of its block. Of the others the first that matches decides. `lm_head` is left alone without
 * `lm_head: true`.
 */
export const gptqmodel: ForeignFormat = {
  name: 'gptqmodel',
  title: 'GPTQModel (7.7; QuantizeConfig with "dynamic")',
  read: (text) => readGptq(text),
  adapt: (scheme: Scheme): AdaptedScheme => adaptToGptq(scheme),
  write: (list: RuleList, options?: WriteOptions): WrittenRecipe => writeGptq(list, options),
};

interface DynamicEntry {
  readonly pattern: string;
  readonly skips: boolean;
  readonly scheme: Scheme | null;
  readonly origin: Origin;
}

function readGptq(text: string): ForeignRecipe {
  const { root, problems } = readJsonRecipe(text);
  const findings = gatherFindings();
  const node = objectAt(root, 'quantization_config') ?? root;
  const method = fieldsOf(node, 'quantization_config', problems).string('quant_method') ?? 'gptq';
  if (method !== 'gptq') problems.add(`the quantization method is "${method}"; expected "gptq"`, node);
  const base = readFields(node, 'the base', null, problems);
  const baseOrigin: Origin = { entry: 'the base fields', position: node.position };
  const baseScheme = schemeOf(base);
  if (baseScheme === null) problems.add(`bits ${base.bits} are no width that GPTQModel has`, node);
  noteCalibration(node, problems, findings);
  const entries = inOrder(readDynamic(node, base, problems));
  const patterns = entries.map(({ pattern, origin }) => ({ pattern: regex(pattern, 'match'), origin }));
  const dynamic = compilePatterns(patterns, problems, 'PCRE');
  for (const entry of entries) notePcre(entry, findings);
  problems.check();
  const lmHead = base.lmHead;

  const inScope = (module: string): boolean => inBlock(module) || (lmHead && module === 'lm_head');
  function select(parameter: ParameterInfo): Scheme | null {
    const { module } = parameter;
    if (!isLinearWeight(parameter) || !inScope(module)) return null;
    const inner = nameInBlock(module);
    if (inner !== null && entries[dynamic.first(inner)]?.scheme === null) return null;
    const found = dynamic.first(module);
    return found === -1 ? baseScheme : (entries[found]?.scheme ?? null);
  }
  return { select, rules: rulesOf(entries, baseScheme, baseOrigin, lmHead, findings), findings: findings.list };
}

function rulesOf(
  entries: readonly DynamicEntry[],
  base: Scheme | null,
  origin: Origin,
  lmHead: boolean,
  findings: Findings,
): RuleList {
  const scope: Origin = { entry: 'modules outside the decoder blocks', position: null };
  const dynamic = entries.flatMap(({ pattern, scheme, origin: from }): readonly Rule[] => {
    const patterns = [regex(pattern, 'match'), ...(scheme === null ? skippedInBlocks(pattern, from, findings) : [])];
    return patterns.map((each) => ({ pattern: each, scheme, origin: from }));
  });
  const outside = OUTSIDE_BLOCKS.map((pattern): Rule => ({ pattern, scheme: null, origin: scope }));
  if (!lmHead) return { rules: [...outside, ...dynamic], fallback: { scheme: base, origin } };
  // The head is asked like any other, and by its own name, before the rest outside is skipped.
  const found = dynamic[firstMatch(dynamic)('lm_head')];
  const head: Rule = { pattern: exact('lm_head'), scheme: found === undefined ? base : found.scheme, origin };
  return { rules: [head, ...outside, ...dynamic], fallback: { scheme: base, origin } };
}

function skippedInBlocks(source: string, origin: Origin, findings: Findings): readonly NamePattern[] {
  const patterns = matchingInBlocks(source);
  if (patterns !== null) return patterns;
  const message =
    'GPTQModel also tries it on names inside of blocks, from their start, and what it asks about the start cannot be moved; with the checkpoint its modules can be named one by one';
  findings.add('loss', 'pattern-unsaid', message, origin);
  return [];
}

// GPTQModel moves what is skipped to the front before it asks.
function inOrder(entries: readonly DynamicEntry[]): readonly DynamicEntry[] {
  return [...entries.filter(({ skips }) => skips), ...entries.filter(({ skips }) => !skips)];
}

function readDynamic(node: JsonObjectNode, base: GptqFields, problems: Problems): readonly DynamicEntry[] {
  const value = node.members.get('dynamic')?.value;
  if (value === undefined || (value.kind === 'literal' && (value.value === null || value.value === false))) return [];
  if (value.kind !== 'object') {
    problems.add('"dynamic" is no object of patterns', value);
    return [];
  }
  return [...value.members].flatMap(([key, member]): readonly DynamicEntry[] => {
    const origin: Origin = { entry: `dynamic ${JSON.stringify(key)}`, position: member.position };
    if (key.startsWith('-:')) return [{ pattern: key.slice(2), skips: true, scheme: null, origin }];
    const pattern = key.startsWith('+:') ? key.slice(2) : key;
    if (member.value.kind !== 'object') {
      problems.addAt(`its value is ${JSON.stringify(toJsonValue(member.value))}; expected an object of fields`, origin);
      return [];
    }
    const fields = readFields(member.value, origin.entry, base, problems);
    const scheme = schemeOf(fields);
    if (scheme === null) problems.addAt(`bits ${fields.bits} are no width that GPTQModel has`, origin);
    return [{ pattern, skips: false, scheme, origin }];
  });
}

function readFields(node: JsonObjectNode, where: string, base: GptqFields | null, problems: Problems): GptqFields {
  const fields = fieldsOf(node, where, problems);
  return {
    bits: fields.number('bits') ?? fields.number('w_bit') ?? base?.bits ?? 4,
    groupSize: fields.number('group_size') ?? fields.number('q_group_size') ?? base?.groupSize ?? 128,
    sym: fields.boolean('sym') ?? base?.sym ?? true,
    lmHead: base === null && fields.boolean('lm_head') === true,
  };
}

function noteCalibration(node: JsonObjectNode, problems: Problems, findings: Findings): void {
  const fields = fieldsOf(node, 'the base', problems);
  const rounding = 'GPTQ rounds with calibration data; torchao rounds each weight to the nearest code';
  findings.add('loss', 'calibrated-rounding', rounding);
  if (fields.boolean('desc_act') === true) {
    findings.add('loss', 'activation-order', '"desc_act" orders columns by activation, which torchao does not');
  }
  const known: Set<string> = new Set([...BASE_FIELDS, 'dynamic', 'quant_method', 'lm_head', 'desc_act']);
  for (const name of fields.names.filter((each) => !known.has(each))) {
    findings.add('note', 'field-ignored', `"${name}" says nothing about which weights get which codes`, {
      entry: name,
      position: node.members.get(name)?.position ?? null,
    });
  }
}

// What both PCRE and Python take, with another meaning.
function notePcre({ pattern, origin }: DynamicEntry, findings: Findings): void {
  if (/\[\[:\^?[a-z]+:\]/.test(pattern)) {
    findings.add(
      'loss',
      'pcre-class',
      'PCRE reads [[:name:]] as a class of characters; here it is read as Python does',
      origin,
    );
  }
  if (pattern.includes('\\Z')) {
    findings.add(
      'note',
      'pcre-end',
      "PCRE's \\Z also matches before a line end, Python's only at the very end",
      origin,
    );
  }
}
