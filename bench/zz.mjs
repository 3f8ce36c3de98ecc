import { deriveParameters, parseRecipe, planQuantization, createRegistry } from '@fewbit/core';
import { builtinConfigs } from '@fewbit/configs';
import { parseHeader, safetensorsAdapter } from '@fewbit/adapters-safetensors';
function mk(count) {
  const entries = [];
  let offset = 0;
  const add = (name, shape) => {
    const end = offset + shape.reduce((p, e) => p * e, 2);
    entries.push([name, { dtype: 'BF16', shape, data_offsets: [offset, end] }]);
    offset = end;
  };
  for (let layer = 0; entries.length < count; layer++) {
    for (const n of ['q_proj', 'k_proj', 'v_proj', 'o_proj'])
      add(`model.layers.${layer}.self_attn.${n}.weight`, [2048, 2048]);
    add(`model.layers.${layer}.input_layernorm.weight`, [2048]);
    for (let e = 0; e < 256; e++)
      for (const n of ['gate_proj', 'up_proj', 'down_proj'])
        add(`model.layers.${layer}.mlp.experts.${e}.${n}.weight`, [512, 2048]);
  }
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries.slice(0, count))));
  return { json, fileLength: 8 + json.length + entries[count - 1][1].data_offsets[1] };
}
const header = mk(100000),
  text = new TextDecoder().decode(header.json);
const registry = createRegistry({ configs: builtinConfigs, adapters: [safetensorsAdapter] });
const recipe = JSON.stringify({
  're:model\\.layers\\.\\d+\\.mlp\\.experts\\.\\d+\\.(gate|up|down)_proj': {
    type: 'Int4WeightOnlyConfig',
    group_size: 128,
  },
  're:model\\.layers\\.\\d+\\.self_attn\\..*_proj': { type: 'Int8WeightOnlyConfig' },
  lm_head: null,
});
const R = {};
const med = (a) => a.sort((x, y) => x - y)[a.length >> 1];
const t = (k, f) => {
  const c = process.cpuUsage().user,
    w = performance.now();
  const r = f();
  (R[k] ??= []).push((process.cpuUsage().user - c) / 1000);
  (R[k + ' wall'] ??= []).push(performance.now() - w);
  return r;
};
let captured;
const adapter = { format: 'x', layout: (a, b) => t('layout', () => safetensorsAdapter.layout(a, b)) };
for (let i = 0; i < 7; i++) {
  t('JSON.parse', () => JSON.parse(text));
  const { tensors } = t('parseHeader', () =>
    parseHeader(header.json, { where: 'x', fileByteLength: header.fileLength }),
  );
  const parameters = t('derive', () => deriveParameters(tensors, { modelType: 'deepseek_v3' }));
  t('plan incl layout', () =>
    planQuantization({
      inputs: [{ name: 'model.safetensors', byteLength: header.fileLength }],
      parameters,
      recipe: parseRecipe(recipe, registry).recipe,
      adapter,
    }),
  );
}
for (const k in R) console.log(k, med(R[k]).toFixed(0));
