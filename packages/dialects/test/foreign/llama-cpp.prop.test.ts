import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compile } from '@fewbit/python-re';
import { fqn } from '../../src/foreign/fqn/fqn.ts';
import { llamaCpp } from '../../src/foreign/llama-cpp/llama-cpp.ts';
import { holdsConversion } from './laws.ts';
import { fqnRecipes } from './recipes.ts';

const piece = fc.constantFrom(
  'blk',
  '\\.',
  '.*',
  '.',
  '[0-9]+',
  '\\d',
  '(0|1|2)',
  '[3-9]',
  'ffn',
  'ffn_',
  'down',
  '(up|gate)',
  'attn_',
  'q',
  'v\\.',
  'exps',
  'weight',
  'output',
  'token_embd',
  'Q',
);

const line = fc
  .tuple(
    fc.constantFrom('', '^'),
    fc.array(piece, { minLength: 1, maxLength: 4 }),
    fc.constantFrom('', '$', 'weight$'),
    fc.constantFrom('q4_0', 'Q8_0', 'q4_k', 'bf16', 'q6_K', 'iq3_s'),
  )
  .map(([front, pieces, back, type]) => `${front}${pieces.join('')}${back}=${type}`)
  .filter((text) => {
    try {
      compile(text.slice(0, text.indexOf('=')).toLowerCase());
      return true;
    } catch {
      return false;
    }
  });

const recipes = fc.array(line, { maxLength: 5 }).map((lines) => lines.join('\n'));

const module = fc.oneof(
  fc
    .tuple(
      fc.nat(40),
      fc.constantFrom(
        'self_attn.q_proj',
        'self_attn.v_proj',
        'mlp.down_proj',
        'mlp.gate_proj',
        'mlp.experts.3.up_proj',
        'mlp.experts.7.up_proj',
        'mlp.gate',
        'unheard.of',
      ),
    )
    .map(([block, part]) => `model.layers.${block}.${part}`),
  fc.constantFrom('transformer.h.2.mlp.c_fc', 'lm_head', 'gpt_neox.layers.1.attention.dense'),
);
const modules = fc.uniqueArray(module, { minLength: 1, maxLength: 10 });

describe('llama.cpp', () => {
  it('a recipe taken over to torchao selects other tensors or gives them other configs', () => {
    const { compared } = holdsConversion(llamaCpp, fqn, recipes, modules, { runs: 30 });
    expect(compared).toBe(30);
  });
  it("a recipe of torchao's taken over selects other tensors", () => {
    const llama = /^lm_head$|^model\.layers\.\d+\.(?:self_attn\.[qv]_proj|mlp\.(?:down|gate)_proj)$/;
    const { compared } = holdsConversion(fqn, llamaCpp, fqnRecipes, modules, {
      inScope: (name) => llama.test(name),
      runs: 30,
    });
    expect(compared).toBeGreaterThan(8);
  });
});
