/**
 * How long lint takes on a mixture of experts of 92,000 tensors, in seconds of processor time of this process, after a first
 * run of the same: node --conditions=@fewbit/source bench/run.ts
 */
import { builtinConfigs } from '@fewbit/configs';
import { createRegistry, decide, deriveParameters, parseRecipe, type ParameterInfo } from '@fewbit/core';
import { builtinRules, lintRecipe, type LintRule } from '../src/index.ts';

const LAYERS = 61;
const EXPERTS = 256;
const ATTENTION = ['q_a_proj', 'q_b_proj', 'kv_a_proj_with_mqa', 'kv_b_proj', 'o_proj'];
const MLP = ['gate_proj', 'up_proj', 'down_proj'];

function model(): readonly ParameterInfo[] {
  const tensors: { name: string; dtype: 'BF16'; shape: readonly number[] }[] = [];
  const add = (name: string, ...shape: number[]): void => void tensors.push({ name, dtype: 'BF16', shape });
  add('model.embed_tokens.weight', 129_280, 7168);
  for (let layer = 0; layer < LAYERS; layer += 1) {
    const at = `model.layers.${layer}`;
    add(`${at}.input_layernorm.weight`, 7168);
    for (const name of ATTENTION) {
      add(`${at}.self_attn.${name}.weight`, 1536, 7168);
      add(`${at}.self_attn.${name}.weight_scale_inv`, 12, 56);
    }
    add(`${at}.mlp.gate.weight`, EXPERTS, 7168);
    for (let expert = 0; expert < EXPERTS; expert += 1) {
      for (const name of MLP) {
        add(`${at}.mlp.experts.${expert}.${name}.weight`, 2048, 7168);
        add(`${at}.mlp.experts.${expert}.${name}.weight_scale_inv`, 16, 56);
      }
    }
  }
  add('lm_head.weight', 129_280, 7168);
  return deriveParameters(tensors, { modelType: 'deepseek_v3' });
}

/** Numbers below a bound, the same each time (mulberry32). */
function random(seed: number): (bound: number) => number {
  let state = seed;
  return (bound) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % bound;
  };
}

const CONFIGS = [{ type: 'Int8WeightOnlyConfig' }, { type: 'Int4WeightOnlyConfig', group_size: 128 }, null];

/** Keys as people write them for such a model; one in fifty matches nothing. */
function recipeOf(size: number): string {
  const next = random(size);
  const entries: Map<string, unknown> = new Map();
  for (let at = 0; entries.size < size; at += 1) {
    const [layer, expert] = [next(LAYERS), next(EXPERTS)];
    const key = [
      `re:model\\.layers\\.${layer}\\.mlp\\.experts\\.${expert}\\.(gate|up|down)_proj`,
      `re:model\\.layers\\.${layer}\\.mlp\\.experts\\.${next(25)}[0-9]\\..*_proj`,
      `model.layers.${layer}.mlp.experts.${expert}.${MLP[next(3)] ?? ''}`,
      `re:model\\.layers\\.(${layer}|${next(LAYERS)})\\.self_attn\\.(q|kv)_[ab]_proj`,
      `re:.*\\.experts\\.${expert}\\.down_proj`,
    ][next(5)];
    const dead = at % 50 === 0 ? `layers.${layer}.mlp.experts.${expert}.up_proj` : key;
    entries.set(dead ?? '', CONFIGS[next(3)]);
  }
  return JSON.stringify(Object.fromEntries(entries));
}

function seconds<T>(work: () => T): readonly [T, number] {
  const before = process.cpuUsage();
  const result = work();
  const { user, system } = process.cpuUsage(before);
  return [result, (user + system) / 1e6];
}

const parameters = model();
const registry = createRegistry({ configs: builtinConfigs });
console.log(`${parameters.length} tensors`);
for (const size of [500, 10_000]) {
  const text = recipeOf(size);
  for (const on of [parameters, null]) {
    for (const round of [1, 2]) {
      const [{ recipe, warnings }, parsing] = seconds(() => parseRecipe(text, registry));
      const deciding = on === null ? 0 : seconds(() => decide(on, recipe))[1];
      const slowest: [string, number][] = [];
      const rules = builtinRules.map((rule): LintRule => ({
        ...rule,
        check: (context) => {
          const [found, took] = seconds(() => rule.check(context));
          slowest.push([rule.id, took]);
          return found;
        },
      }));
      const [findings, linting] = seconds(() => lintRecipe({ recipe, warnings, parameters: on, rules }));
      if (round === 1) continue;
      const shown = slowest
        .sort((left, right) => right[1] - left[1])
        .slice(0, 4)
        .map(([id, took]) => `${id} ${took.toFixed(2)}`);
      console.log(
        `${size} keys, ${on === null ? 'alone' : 'on the model'}: parse ${parsing.toFixed(2)} s, lint ${linting.toFixed(2)} s (deciding ${deciding.toFixed(2)} s of it), ${findings.length} findings; ${shown.join(', ')}`,
      );
    }
  }
}
