import type { ParameterInfo } from '@fewbit/core';
import fc from 'fast-check';

const BLOCK_PARTS = [
  'self_attn.q_proj',
  'self_attn.k_proj',
  'self_attn.qk',
  'mlp.up_proj',
  'mlp.gate',
  'mlp.gate_proj',
  'w.weight_proj',
  'ght',
];

/** Names of linear modules as real models have them, and some that only differ a little. */
export const blockModule: fc.Arbitrary<string> = fc
  .tuple(fc.constantFrom('model.layers', 'layers', 'h'), fc.nat(12), fc.constantFrom(...BLOCK_PARTS))
  .map(([stem, layer, part]) => `${stem}.${layer}.${part}`);

export const anyModule: fc.Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: blockModule },
  fc.constantFrom('lm_head', 'proj', 'model.projector', 'vision.merger.proj'),
);

export const modules: fc.Arbitrary<readonly string[]> = fc.uniqueArray(anyModule, { minLength: 1, maxLength: 12 });

/** The weight of a linear module. */
export function weightOf(module: string, shape: readonly number[] = [64, 64]): ParameterInfo {
  return { name: `${module}.weight`, module, parameter: 'weight', kind: 'linear', dtype: 'BF16', shape };
}

/** Its bias, a norm's weight, an embedding: what no rule of another system may reach. */
export function parametersOf(names: readonly string[]): readonly ParameterInfo[] {
  const norm: ParameterInfo = {
    name: 'model.layers.0.input_layernorm.weight',
    module: 'model.layers.0.input_layernorm',
    parameter: 'weight',
    kind: 'norm',
    dtype: 'BF16',
    shape: [64],
  };
  const embedding: ParameterInfo = {
    name: 'model.embed_tokens.weight',
    module: 'model.embed_tokens',
    parameter: 'weight',
    kind: 'embedding',
    dtype: 'BF16',
    shape: [128, 64],
  };
  const linears = names.flatMap((module): ParameterInfo[] => [
    weightOf(module),
    { name: `${module}.bias`, module, parameter: 'bias', kind: 'linear', dtype: 'BF16', shape: [64] },
  ]);
  return [...linears, norm, embedding];
}

const piece: fc.Arbitrary<string> = fc.constantFrom(
  '.*',
  '.*\\.',
  '\\.',
  '.',
  'model',
  'layers',
  'layers\\.',
  '[0-9]+',
  '\\d',
  '1',
  '[0-4]',
  'self_attn',
  'q_proj',
  '(?:q|k)_proj',
  '(gate|up)',
  '_proj',
  'mlp',
  'mlp\\.gate',
  '(?!.*gate)',
  '(?=.*proj)',
  '(?<=mlp\\.)',
  '\\b',
  '.+',
  'w',
  'weight',
  'ght',
  '[^.]+',
  'h?',
  '(?!1$)',
  '(?i:GATE)',
  'lm_head',
  '\\w*',
);

/** Python patterns of the kinds that recipes have, anchors and look-around included. */
export const pattern: fc.Arbitrary<string> = fc
  .tuple(
    fc.constantFrom('', '', '', '^', '(?i)', '(?s)', '(?x)'),
    fc.array(piece, { minLength: 1, maxLength: 5 }),
    fc.constantFrom('', '', '', '$', '\\Z', '.*', '\\.weight', '.weight', '|lm_head'),
  )
  .map(([front, pieces, back]) => `${front}${pieces.join('')}${back}`);
