import { quote, tiedEmbeddings } from '@fewbit/core';
import { involve, type RuleFinding } from '../finding.ts';
import type { LintRule } from '../rule.ts';

const INT8 = { type: 'Int8WeightOnlyConfig' };
const TIED = {
  tensors: { 'model.embed_tokens.weight': [32, 8], 'model.layers.0.q_proj.weight': [8, 8] },
  config: { model_type: 'llama', tie_word_embeddings: true },
};
const UNTIED = {
  tensors: { ...TIED.tensors, 'lm_head.weight': [32, 8] },
  config: { model_type: 'llama', tie_word_embeddings: false },
};

export const tiedEmbeddingsRule: LintRule = {
  id: 'tied-embeddings',
  severity: 'error',
  title: 'a key quantizes an embedding that the model ties to its head',
  explanation:
    'A tied model uses one tensor as token embeddings and as output head. transformers compares the two when it loads, which fails for quantized tensors; a result that quantizes either cannot be loaded again.',
  examples: {
    bad: [{ why: 'the config says that they are tied', recipe: { 'model.embed_tokens': INT8 }, model: TIED }],
    good: [
      { why: 'not tied', recipe: { 'model.embed_tokens': INT8 }, model: UNTIED },
      { why: 'tied, and left alone', recipe: { 're:.*_proj': INT8 }, model: TIED },
    ],
  },
  check: ({ model, keys }) => {
    if (model === null) return [];
    const { parameters, config, decisions } = model;
    const quantized = decisions.list.filter(({ quantizer }) => quantizer !== null);
    if (quantized.length === 0) return [];
    const pair = tiedEmbeddings(
      config,
      parameters.map(({ name }) => name),
    );
    if (pair === null) return [];
    const hit = quantized.filter(({ parameter: { name } }) => name === pair.input || name === pair.output);
    const [first] = hit;
    if (first === undefined) return [];
    const entries = [...new Set(hit.map(({ resolution }) => resolution.entry))];
    const finding: RuleFinding = {
      message: `key ${quote(keys[first.resolution.entry]?.key ?? '')} quantizes ${quote(first.parameter.name)}, and the model ties ${quote(pair.input)} to ${quote(pair.output)}`,
      entries,
      tensors: involve(hit.map(({ parameter }) => parameter.name)),
      help: 'Quantize with --untie, which writes two tensors, or give it null.',
    };
    return [finding];
  },
};
