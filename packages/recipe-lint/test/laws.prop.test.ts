import fc from 'fast-check';
import { formatRecipe, parseRecipe, type ParsedRecipe } from '@fewbit/core';
import { describe, expect, it } from 'vitest';
import { applyEdits, fixRecipe, lintRecipe, type LintFinding } from '../src/index.ts';
import { parametersFor, registry } from './helpers/lint.ts';

const tensors: Record<string, readonly number[]> = {
  'model.embed_tokens.weight': [64, 64],
  'lm_head.weight': [64, 64],
};
for (const layer of [0, 1, 12]) {
  const at = `model.layers.${layer}`;
  for (const name of ['q_proj', 'k_proj', 'v_proj', 'o_proj']) tensors[`${at}.self_attn.${name}.weight`] = [64, 64];
  tensors[`${at}.self_attn.q_proj.bias`] = [64];
  for (const name of ['gate_proj', 'up_proj', 'down_proj']) tensors[`${at}.mlp.${name}.weight`] = [64, 64];
  tensors[`${at}.input_layernorm.weight`] = [64];
}
const parameters = parametersFor(tensors, 'llama');
const config = { model_type: 'llama', tie_word_embeddings: false };
const linears = parameters.filter(({ kind }) => kind === 'linear').map(({ module }) => module);

// All of them take the model's linear layers: a key that was dead would otherwise bring its own errors to light.
const CONFIGS = [null, { type: 'Int8WeightOnlyConfig' }, { type: 'Int4WeightOnlyConfig', group_size: 32 }];
const anyConfig = fc.constantFrom(...CONFIGS);

/** Keys as people write them, right and wrong. */
const key = fc.oneof(
  fc.constantFrom(...linears, ...Object.keys(tensors)),
  fc.constantFrom(...linears).map((name) => name.replace(/^model\./, '')),
  fc.constantFrom(...linears).map((name) => `model.${name}`),
  fc
    .constantFrom(
      'q_proj',
      '.*q_proj',
      '.*_proj',
      '.*proj.*',
      'layers\\.\\d+\\..*',
      '.*mlp.up_proj',
      '.*',
      '.*\\.weight',
    )
    .map((pattern) => `re:${pattern}`),
  fc.constantFrom(
    're:model\\.layers\\.[01]\\..*_proj',
    're:.*self_attn',
    '*.q_proj',
    'model.layers.*.mlp.up_proj',
    '_default',
    'lm_heed',
  ),
);
const recipe = fc
  .uniqueArray(fc.tuple(key, anyConfig), { selector: ([name]) => name, minLength: 1, maxLength: 6 })
  .map((entries) => JSON.stringify(Object.fromEntries(entries), null, 2));

function judge({ recipe: parsed, warnings }: ParsedRecipe, model = true): readonly LintFinding[] {
  return lintRecipe({ recipe: parsed, warnings, parameters: model ? parameters : null, config });
}

function lint(text: string, model = true): readonly LintFinding[] {
  return judge(parseRecipe(text, registry), model);
}

function errorsOf(findings: readonly LintFinding[]): number {
  return findings.filter(({ severity }) => severity === 'error').length;
}

describe('laws of lint', () => {
  it('a fix makes its finding disappear, brings no error, and leaves a recipe that can be read', () => {
    fc.assert(
      fc.property(recipe, fc.boolean(), (text, model) => {
        const before = lint(text, model);
        for (const { ruleId, fix } of before) {
          if (fix === undefined) continue;
          const after = lint(applyEdits(text, parseRecipe(text, registry), fix.edits), model);
          expect(after.filter((finding) => finding.ruleId === ruleId && finding.fix?.title === fix.title)).toEqual([]);
          expect(errorsOf(after)).toBeLessThanOrEqual(errorsOf(before));
        }
      }),
      { numRuns: 80 },
    );
  });

  it('all fixes together come to an end, and bring no error', () => {
    fc.assert(
      fc.property(recipe, (text) => {
        const read = (source: string): ParsedRecipe => parseRecipe(source, registry);
        const { findings } = fixRecipe({ text, read, lint: judge });
        expect(findings.filter(({ fix }) => fix !== undefined)).toEqual([]);
        expect(errorsOf(findings)).toBeLessThanOrEqual(errorsOf(lint(text)));
      }),
      { numRuns: 40 },
    );
  });

  it('exact keys of layers that take their configs are never faulted', () => {
    const fitting = fc.constantFrom(CONFIGS[1] ?? null, CONFIGS[2] ?? null);
    fc.assert(
      fc.property(fc.subarray(linears, { minLength: 1 }), fitting, (names, each) => {
        const found = lint(JSON.stringify(Object.fromEntries(names.map((name) => [name, each]))));
        // That vLLM fuses parts is a fact about the choice of layers, not about a key.
        expect(found.filter(({ ruleId }) => ruleId !== 'fused-parts-differ')).toEqual([]);
      }),
    );
  });

  it('the order of exact keys makes no difference to what is found', () => {
    const exact = fc.uniqueArray(
      fc.tuple(fc.constantFrom(...linears, ...Object.keys(tensors), 'lm_heed', 'layers.0.mlp.up_proj'), anyConfig),
      {
        selector: ([name]) => name,
        minLength: 2,
        maxLength: 6,
      },
    );
    const identity = (text: string): readonly string[] => {
      const { entries } = parseRecipe(text, registry).recipe;
      return lint(text)
        .filter(({ ruleId }) => ruleId !== 'fused-parts-differ')
        .map(
          (finding) =>
            `${finding.ruleId} ${finding.severity} ${finding.entries
              .map((entry) => entries[entry]?.key)
              .sort()
              .join()}`,
        )
        .sort();
    };
    fc.assert(
      fc.property(exact, (entries) => {
        const text = (list: typeof entries): string => JSON.stringify(Object.fromEntries(list));
        expect(identity(text(entries.toReversed()))).toEqual(identity(text(entries)));
      }),
    );
  });

  it("torchao's envelope and the short form are judged and mended alike", () => {
    fc.assert(
      fc.property(recipe, (text) => {
        const { recipe: parsed } = parseRecipe(text, registry);
        const envelope = formatRecipe(parsed);
        const ids = (findings: readonly LintFinding[]): readonly string[] => findings.map(({ ruleId }) => ruleId);
        expect(ids(lint(envelope))).toEqual(ids(lint(text)));
        const mend = (source: string): readonly string[] => {
          const request = { text: source, read: (each: string) => parseRecipe(each, registry), lint: judge };
          return fixRecipe(request).read.recipe.entries.map(({ key: name }) => name);
        };
        expect(mend(envelope)).toEqual(mend(text));
      }),
      { numRuns: 30 },
    );
  });
});
