import { deriveParameters, parseRecipe, planQuantization, createRegistry, type Plan } from '@fewbit/core';
import { builtinConfigs } from '@fewbit/configs';
import { parseHeader, safetensorsAdapter } from '@fewbit/adapters-safetensors';
import { median } from './measure.ts';
import type { Section } from './section.ts';

const TENSORS = 100_000;
const ROUNDS = 7;

/** From the text of a header of 100,000 tensors to a finished plan, against JSON.parse of that header. */
export const planningSection: Section = {
  name: 'planning',
  run: () => {
    const header = mixtureOfExpertsHeader(TENSORS);
    const text = new TextDecoder().decode(header.json);
    const registry = createRegistry({ configs: builtinConfigs, adapters: [safetensorsAdapter] });
    const recipe = JSON.stringify({
      're:model\\.layers\\.\\d+\\.mlp\\.experts\\.\\d+\\.(gate|up|down)_proj': {
        type: 'Int4WeightOnlyConfig',
        group_size: 128,
      },
      're:model\\.layers\\.\\d+\\.self_attn\\..*_proj': { type: 'Int8WeightOnlyConfig' },
      lm_head: null,
    });
    const parse: number[] = [];
    const plan: number[] = [];
    const heads: number[] = [];
    let items = 0;
    let files: Plan['files'] = [];
    let headBytes = 0;
    for (let round = 0; round < ROUNDS; round += 1) {
      let started = performance.now();
      JSON.parse(text);
      parse.push(performance.now() - started);

      started = performance.now();
      const { tensors } = parseHeader(header.json, { where: 'bench', fileByteLength: header.fileLength });

      const parameters = deriveParameters(tensors, { modelType: 'deepseek_v3' });
      const made = planQuantization({
        inputs: [{ name: 'model.safetensors', byteLength: header.fileLength }],
        parameters,
        recipe: parseRecipe(recipe, registry).recipe,
        adapter: safetensorsAdapter,
      });
      plan.push(performance.now() - started);
      items = made.items.length;
      files = made.files;
    }
    // After all plans: collecting the bytes of one round would slow the next.
    for (let round = 0; round < ROUNDS; round += 1) {
      const started = performance.now();
      headBytes = files.reduce((sum, file) => sum + file.head.byteLength, 0);
      heads.push(performance.now() - started);
    }
    const [parsed, planned] = [median(parse), median(plan)];
    return Promise.resolve(
      [
        `Header of ${TENSORS.toLocaleString('en')} tensors (${(header.json.length / 2 ** 20).toFixed(1)} MiB) to a finished plan of ${items.toLocaleString('en')} work items, with every position and length fixed; medians of ${ROUNDS} runs. Must be under twice JSON.parse plus 500 ms.`,
        '',
        '| | ms |',
        '| --- | --- |',
        `| JSON.parse of the header | ${parsed.toFixed(0)} |`,
        `| allowed: twice that plus 500 | ${(2 * parsed + 500).toFixed(0)} |`,
        `| header checked, modules derived, keys resolved, plan made | ${planned.toFixed(0)} |`,
        `| beside it: the bytes of all output headers (${(headBytes / 2 ** 20).toFixed(0)} MiB), made as each file is written | ${median(heads).toFixed(0)} |`,
        `| the first run, before anything is compiled (JSON.parse then: ${(parse[0] ?? NaN).toFixed(0)}) | ${(plan[0] ?? NaN).toFixed(0)} |`,
      ].join('\n'),
    );
  },
};

export function mixtureOfExpertsHeader(count: number): { readonly json: Uint8Array; readonly fileLength: number } {
  const entries: [string, unknown][] = [];
  let offset = 0;
  const add = (name: string, shape: number[]): void => {
    const end = offset + shape.reduce((product, extent) => product * extent, 2);
    entries.push([name, { dtype: 'BF16', shape, data_offsets: [offset, end] }]);
    offset = end;
  };
  for (let layer = 0; entries.length < count; layer += 1) {
    for (const name of ['q_proj', 'k_proj', 'v_proj', 'o_proj'])
      add(`model.layers.${layer}.self_attn.${name}.weight`, [2048, 2048]);
    add(`model.layers.${layer}.input_layernorm.weight`, [2048]);
    for (let expert = 0; expert < 256; expert += 1) {
      for (const name of ['gate_proj', 'up_proj', 'down_proj']) {
        add(`model.layers.${layer}.mlp.experts.${expert}.${name}.weight`, [512, 2048]);
      }
    }
  }
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries.slice(0, count))));
  const last = entries[count - 1]?.[1] as { data_offsets: [number, number] };
  return { json, fileLength: 8 + json.length + last.data_offsets[1] };
}
