import { quote, type Config, type ParameterInfo, type Tier } from '@fewbit/core';
import { isSingleExpert } from '../model/names.ts';
import { involve, type RuleFinding } from '../finding.ts';
import type { LintRule } from '../rule.ts';

const INT8 = { type: 'Int8WeightOnlyConfig' };
const EXPERT = { tensors: { 'model.layers.0.mlp.experts.0.up_proj.weight': [8, 8] } };
const STACK = { tensors: { 'model.layers.0.mlp.experts.down_proj': [4, 8, 8] } };
const DENSE = { tensors: { 'model.embed_tokens.weight': [32, 8], 'model.layers.0.q_proj.weight': [8, 8] } };

export const consumerCannotLoad: LintRule = {
  id: 'consumer-cannot-load',
  severity: 'error',
  title: 'the chosen consumer cannot load the result, or not run it',
  explanation:
    'Not every library that reads torchao checkpoints reads all of them: vLLM knows modules and not parameters, quantizes only linear layers and no experts of torchao; transformers 5 stacks experts, and cannot compute with int8 stacks. Asked with --consumer.',
  examples: {
    bad: [
      {
        why: 'transformers leaves single experts random',
        recipe: { 're:.*up_proj': INT8 },
        model: EXPERT,
        consumer: 'transformers',
      },
      {
        why: 'no int8 in three dimensions',
        recipe: { 're:.*down_proj': INT8 },
        model: STACK,
        consumer: 'transformers',
      },
      { why: 'vLLM quantizes no embeddings', recipe: { 'model.embed_tokens': INT8 }, model: DENSE, consumer: 'vllm' },
      { why: 'vLLM asks for modules', recipe: { 're:.*q_proj\\.weight': INT8 }, model: DENSE, consumer: 'vllm' },
    ],
    good: [
      { why: 'nobody said who loads it', recipe: { 're:.*up_proj': INT8 }, model: EXPERT },
      { why: 'a linear layer, by its module', recipe: { 're:.*q_proj': INT8 }, model: DENSE, consumer: 'vllm' },
      {
        why: 'transformers loads embeddings',
        recipe: { 'model.embed_tokens': INT8 },
        model: DENSE,
        consumer: 'transformers',
      },
      {
        why: 'one key for vLLM, one for the others',
        recipe: { 'model.layers.0.q_proj.weight': INT8, 'model.layers.0.q_proj': INT8 },
        model: DENSE,
        consumer: 'vllm',
      },
    ],
  },
  check: ({ model, keys, consumer }) => {
    const limits = LIMITS.filter((limit) => limit.consumer === consumer);
    if (model === null || limits.length === 0) return [];
    const { matcher, list } = model.decisions;
    const found: Map<string, { readonly entry: number; readonly limit: Limit; readonly names: string[] }> = new Map();
    for (const { parameter, resolution, quantizer } of list) {
      const config = keys[resolution.entry]?.config ?? null;
      if (quantizer === null || config === null) continue;
      const moduleIsMatched = (): boolean => matcher.matching(parameter.module).length > 0;
      const limit = limits.find(({ hits }) => hits({ parameter, config, tier: resolution.tier, moduleIsMatched }));
      if (limit === undefined) continue;
      const identity = `${resolution.entry}:${limit.what}`;
      const group = found.get(identity);
      if (group === undefined) found.set(identity, { entry: resolution.entry, limit, names: [parameter.name] });
      else group.names.push(parameter.name);
    }
    return Array.from(found.values(), ({ entry, limit, names }): RuleFinding => {
      const message = `key ${quote(keys[entry]?.key ?? '')} quantizes ${quote(names[0] ?? '')}: ${limit.what}`;
      return {
        message,
        entries: [entry],
        tensors: involve(names),
        help: limit.help,
        cause: unreadCause(entry, names[0] ?? ''),
      };
    });
  },
};

/** What a consumer leaves alone for a reason of its own, also when its dialect tells of it. */
export function unreadCause(entry: number, tensor: string): string {
  return `unread:${entry}:${tensor}`;
}

/** A tensor that is going to be quantized. */
interface Quantized {
  readonly parameter: ParameterInfo;
  readonly config: Config;
  readonly tier: Tier;
  /** Asked rarely, and costs a search. */
  readonly moduleIsMatched: () => boolean;
}

interface Limit {
  readonly consumer: 'transformers' | 'vllm';
  readonly what: string;
  readonly help: string;
  readonly hits: (quantized: Quantized) => boolean;
}

const INT8_TYPES: ReadonlySet<string> = new Set(['Int8WeightOnlyConfig', 'Int8DynamicActivationInt8WeightConfig']);

/** As of transformers 5.18 and vLLM of 2026. The first that applies is reported. */
const LIMITS: readonly Limit[] = [
  {
    consumer: 'transformers',
    what: 'transformers 5 stacks the experts of a layer, passes over single ones that are quantized, and leaves them random',
    help: 'Give the experts null, or load the result with a library that keeps them apart.',
    hits: ({ parameter }) => isSingleExpert(parameter.name),
  },
  {
    consumer: 'transformers',
    what: 'the forward pass of stacked experts transposes them, which int8 tensors of three dimensions cannot do',
    help: 'Give the experts null, or a float8 config.',
    hits: ({ parameter, config }) => parameter.kind === 'experts' && INT8_TYPES.has(config.type),
  },
  {
    consumer: 'vllm',
    what: 'vLLM has no experts in torchao formats',
    help: 'Give the experts null.',
    hits: ({ parameter }) => parameter.kind === 'experts' || isSingleExpert(parameter.name),
  },
  {
    consumer: 'vllm',
    what: 'vLLM reads torchao formats for linear layers only, and neither embeddings nor output heads',
    help: 'Give it null.',
    hits: ({ parameter: { kind, module } }) =>
      kind === 'embedding' || module === 'lm_head' || module.endsWith('.lm_head'),
  },
  {
    consumer: 'vllm',
    what: 'vLLM compares keys with names of modules, and this one names the parameter',
    help: 'Write a second key for the module, with the same config.',
    hits: ({ tier, moduleIsMatched }) => tier.startsWith('parameter') && !moduleIsMatched(),
  },
];
