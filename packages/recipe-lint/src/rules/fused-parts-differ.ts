import { quote, sameConfig, type Config, type Decision, type Family } from '@fewbit/core';
import type { LintModel } from '../model/lint-model.ts';
import { lastPart, parentOf } from '../model/names.ts';
import { involve, type RuleFinding } from '../finding.ts';
import type { LintRule } from '../rule.ts';
import { given } from '../words.ts';

const INT8 = { type: 'Int8WeightOnlyConfig' };
const INT4 = { type: 'Int4WeightOnlyConfig', group_size: 32 };
const MODEL = {
  tensors: {
    'layers.0.self_attn.q_proj.weight': [32, 32],
    'layers.0.self_attn.k_proj.weight': [32, 32],
    'layers.0.self_attn.v_proj.weight': [32, 32],
    'layers.0.self_attn.o_proj.weight': [32, 32],
  },
};

export const fusedPartsDiffer: LintRule = {
  id: 'fused-parts-differ',
  severity: 'note',
  title: 'parts that vLLM fuses get different configs',
  explanation:
    'vLLM loads q, k and v as one weight, and gate and up as another, with one config each. Parts that differ do not load there, or the config of one decides for all. transformers takes them. With --consumer vllm this is an error.',
  examples: {
    bad: [
      { why: 'v alone is int8', recipe: { 're:.*v_proj': INT8, 're:.*[qk]_proj': INT4 }, model: MODEL },
      { why: 'q is left alone', recipe: { 're:.*q_proj': null, 're:.*_proj': INT8 }, model: MODEL, consumer: 'vllm' },
    ],
    good: [
      { why: 'o is no part of it', recipe: { 're:.*o_proj': INT8, 're:.*[qkv]_proj': INT4 }, model: MODEL },
      {
        why: 'equal configs under different keys',
        recipe: { 're:.*v_proj': INT8, 're:.*[qk]_proj': INT8 },
        model: MODEL,
      },
    ],
  },
  check: ({ model, keys, consumer }) => {
    const configOf = ({ resolution, quantizer }: Decision): Config | null =>
      quantizer === null ? null : (keys[resolution.entry]?.config ?? null);
    // Layers that are mixed in the same way are one finding.
    const mixed: Map<string, { readonly parts: readonly Decision[]; readonly names: string[] }> = new Map();
    for (const parts of model === null ? [] : fusedGroups(model)) {
      const [first] = parts;
      if (first === undefined || parts.every((part) => sameConfig(configOf(part), configOf(first)))) continue;
      const identity = parts.map((part) => `${lastPart(part.parameter.module)} ${given(configOf(part))}`).join();
      const before = mixed.get(identity);
      const names = parts.map(({ parameter }) => parameter.name);
      if (before === undefined) mixed.set(identity, { parts, names });
      else before.names.push(...names);
    }
    return Array.from(mixed.values(), ({ parts, names }): RuleFinding => {
      const each = parts.map((part) => {
        const config = configOf(part);
        return `${lastPart(part.parameter.module)} ${config === null ? 'stays as it is' : `gets ${given(config)}`}`;
      });
      const where = parentOf(parts[0]?.parameter.module ?? '');
      return {
        message: `in ${quote(where)}, ${each.join(', ')}; vLLM loads them as one weight`,
        entries: [...new Set(parts.flatMap(({ resolution: { entry } }) => (entry === -1 ? [] : [entry])))],
        tensors: involve(names),
        help: 'Give the parts one config if vLLM is to load the result.',
        ...(consumer === 'vllm' && { severity: 'error' }),
      };
    });
  },
};

/** Decisions about the weights that vLLM loads as one, group by group. */
function fusedGroups({ siblings, decisions: { list } }: LintModel): readonly (readonly Decision[])[] {
  const groups: Map<string, Decision[]> = new Map();
  const places: Map<Family, readonly FusedPart[]> = new Map();
  for (const { front, first, family } of siblings) {
    let fused = places.get(family);
    if (fused === undefined) places.set(family, (fused = fusedPartsOf(family)));
    for (const { at, name: whole } of fused) {
      const decision = list[first + at];
      if (decision === undefined) continue;
      const name = `${front}${whole}`;
      const parts = groups.get(name);
      if (parts === undefined) groups.set(name, [decision]);
      else parts.push(decision);
    }
  }
  return [...groups.values()];
}

/** A weight of a family that vLLM loads as a part of another one. */
interface FusedPart {
  /** Index among the members. */
  readonly at: number;
  readonly name: string;
}

function fusedPartsOf({ members }: Family): readonly FusedPart[] {
  return members.flatMap(({ own, parameter }, at): FusedPart[] => {
    const name = parameter === 'weight' ? FUSED.get(own) : undefined;
    return name === undefined ? [] : [{ at, name }];
  });
}

/** Modules by what vLLM fuses them into. */
const FUSED: ReadonlyMap<string, string> = new Map([
  ['q_proj', 'qkv_proj'],
  ['k_proj', 'qkv_proj'],
  ['v_proj', 'qkv_proj'],
  ['gate_proj', 'gate_up_proj'],
  ['up_proj', 'gate_up_proj'],
  ['w1', 'w13'],
  ['w3', 'w13'],
]);
