import { compile, escape, PythonReError } from '@fewbit/python-re';
import { embeddingNames, isJsonObject, shown, type JsonObject, type ParameterInfo } from '@fewbit/core';
import { toJsonValue, type JsonObjectNode } from '../json-tree.ts';
import type { ForeignFormat, ForeignRecipe, ReadOptions, WriteOptions } from '../contract.ts';
import { createSkipList } from '../../transformers/skip-list.ts';
import { endsWith, moduleForms } from '../pattern/module-forms.ts';
import { ALL, regex, type NamePattern } from '../pattern/name-pattern.ts';
import { scoped } from '../pattern/regex-text.ts';
import { fieldsOf, objectAt, readJsonRecipe, stringsAt, type PlacedString, type Problems } from '../problems.ts';
import { gatherFindings, type Findings } from '../findings.ts';
import type { Rule } from '../rules.ts';
import type { Origin } from '../origin.ts';
import { fromTorchao } from '../scheme/from-torchao.ts';
import type { AdaptedScheme, Scheme } from '../scheme/scheme.ts';
import { toTorchao } from '../scheme/to-torchao.ts';
import { writeTransformers } from './write.ts';

/**
 * transformers' `TorchAoConfig` with one config for all linear modules, and `modules_to_not_convert`.
 *
 * An entry skips a weight when, taken for a Python pattern, it matches the weight's name from its start up to the end of a
 * component, or when the name ends with it as it stands. The name is that of the weight: `q_proj` skips nothing,
 * `q_proj.weight` does.
 */
export const transformers: ForeignFormat = {
  name: 'transformers',
  title: 'transformers 5.23 (TorchAoConfig with modules_to_not_convert)',
  read: readTransformers,
  adapt: (scheme, options) => adaptToTransformers(scheme, options),
  write: (list, options) => writeTransformers(list, options),
};

function adaptToTransformers(scheme: Scheme, options: WriteOptions = {}): AdaptedScheme {
  const { config, losses } = toTorchao(scheme, options);
  return { scheme: config === null ? null : (schemeOfConfig(config)?.scheme ?? null), losses };
}

function readTransformers(text: string, options: ReadOptions = {}): ForeignRecipe {
  const { root, problems } = readJsonRecipe(text);
  const findings = gatherFindings();
  const node = objectAt(root, 'quantization_config') ?? root;
  const { scheme, origin } = readConfig(node, problems, findings);
  const embeddings =
    fieldsOf(node, 'quantization_config', problems).boolean('include_input_output_embeddings') === true;
  const skips = skipsOf(node, embeddings, options.parameters, problems, findings);
  for (const skip of skips) checkPattern(skip, problems);
  problems.check();
  const skipList = createSkipList(
    skips.map(({ text: member }) => member),
    '5.23',
  );
  const kinds: readonly string[] = embeddings ? ['linear', 'embedding'] : ['linear'];
  const select = ({ kind, parameter, name }: ParameterInfo): Scheme | null => {
    if (parameter !== 'weight' || !kinds.includes(kind)) return null;
    return skipList(name).skipped === false ? scheme : null;
  };
  if (embeddings && options.parameters === undefined) {
    findings.add(
      'loss',
      'embeddings',
      'the input embedding is quantized too; which module that is shows the checkpoint only',
    );
  }
  const rules = skips.flatMap((entry) => rulesOf(entry, findings));
  return { select, rules: { rules, fallback: { scheme, origin } }, findings: findings.list };
}

interface ReadConfig {
  readonly scheme: Scheme | null;
  readonly origin: Origin;
}

function readConfig(node: JsonObjectNode, problems: Problems, findings: Findings): ReadConfig {
  const quantType = objectAt(node, 'quant_type');
  const inner = quantType === null ? null : objectAt(quantType, 'default');
  const origin: Origin = { entry: 'quant_type.default', position: inner?.position ?? node.position };
  if (inner === null) {
    problems.add('there is no config in "quant_type.default"; expected a quantization_config of torchao', node);
    return { scheme: null, origin };
  }
  const adapted = schemeOfConfig(toJsonValue(inner) as JsonObject);
  if (adapted === null) {
    problems.add('it is no single config', inner, undefined, 'A recipe by keys is converted with --from fqn.');
    return { scheme: null, origin };
  }
  findings.addAll(adapted.losses, origin);
  return { scheme: adapted.scheme, origin };
}

function schemeOfConfig(config: JsonObject): AdaptedScheme | null {
  const { _type: type, _data: data } = config;
  if (typeof type !== 'string' || !isJsonObject(data) || /^(?:Module)?FqnToConfig$|^AOPerModuleConfig$/.test(type))
    return null;
  return fromTorchao(type, data);
}

const USUAL_EMBEDDINGS: readonly string[] = ['model.embed_tokens', 'lm_head'];

function embeddingModules(parameters: readonly ParameterInfo[]): readonly string[] {
  const pair = embeddingNames(
    null,
    parameters.map(({ name }) => name),
  );
  if (pair !== null) return [pair.input, pair.output].map((name) => name.replace(/\.weight$/, ''));
  return ['lm_head', ...parameters.flatMap(({ kind, module }) => (kind === 'embedding' ? [module] : []))];
}

function skipsOf(
  node: JsonObjectNode,
  embeddings: boolean,
  parameters: readonly ParameterInfo[] | undefined,
  problems: Problems,
  findings: Findings,
): readonly PlacedString[] {
  const value = node.members.get('modules_to_not_convert')?.value;
  if (value !== undefined && !(value.kind === 'literal' && value.value === null)) {
    const listed = stringsAt(node, 'modules_to_not_convert', problems);
    if (!embeddings) return listed;
    // transformers takes their full names out of the list.
    const names = parameters === undefined ? USUAL_EMBEDDINGS : embeddingModules(parameters);
    return listed.filter(({ text }) => !names.includes(text));
  }
  if (embeddings) return [];
  // Without a list, transformers skips the output embedding and what is tied to it.
  const message = 'without a list transformers skips the output embedding, which is taken to be lm_head here';
  findings.add('note', 'default-skip-list', message);
  return [{ text: 'lm_head', origin: { entry: 'the default list', position: null } }];
}

// As transformers puts it together: flags for the whole pattern are then no longer at its start.
function checkPattern({ text, origin }: PlacedString, problems: Problems): void {
  try {
    compile(`(?:${text})`);
    compile(text);
  } catch (error) {
    if (!(error instanceof PythonReError)) throw error;
    problems.addAt(`transformers cannot use the pattern: ${error.message.replace(/\.$/, '')}`, origin);
  }
}

function rulesOf({ text, origin }: PlacedString, findings: Findings): readonly Rule[] {
  const patterns: NamePattern[] = [];
  const sources = upToComponent(text);
  const forms = sources.map((source) => moduleForms(source));
  // The name of the weight is asked about, never that of the module.
  for (const { ofWeight } of forms) if (ofWeight !== null) patterns.push(ofWeight);
  if (sources.length === 0 || forms.some(({ unsaid }) => unsaid)) {
    const message = `${shown(text)} is tried on names of weights, and cannot be turned into a pattern for names of modules`;
    findings.add('loss', 'pattern-unsaid', message, origin);
  }
  const ending = endingOf(text);
  if (ending !== null) patterns.push(ending);
  return patterns.map((pattern) => ({ pattern, scheme: null, origin }));
}

/** Full patterns for names that one matches from the start up to a dot or the end; empty where that cannot be said. */
function upToComponent(text: string): readonly string[] {
  const body = scoped(text);
  const single = !text.includes('|');
  if (single && /(?:^|[^\\])\.\*$/.test(text)) return [body];
  const sources = [body, `(?:${body})\\.[\\s\\S]*`];
  // What ends in a dot has come to the end of a component.
  if (single && text.endsWith('\\.')) return [...sources, `${body}[\\s\\S]*`];
  if (single && text.endsWith('.')) return [...sources, `${scoped(text.slice(0, -1))}\\.[\\s\\S]*`];
  return endsWith(compile(body).syntax.root, '.') ? [] : sources;
}

/** The modules whose weight's name ends with a text. */
function endingOf(text: string): NamePattern | null {
  if ('.weight'.endsWith(text)) return ALL;
  if (text === 'weight') return ALL;
  if (!text.endsWith('.weight')) return null;
  return regex(`[\\s\\S]*${escape(text.slice(0, -'.weight'.length))}`, 'full');
}
