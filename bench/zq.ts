import { createRegistry, deriveParameters, parseRecipe, decide, planDecisions, findingsOf } from '@fewbit/core';
import { builtinConfigs } from '@fewbit/configs';
import { parseHeader, safetensorsAdapter } from '@fewbit/adapters-safetensors';
import { readFileSync } from 'node:fs';
const json = readFileSync('/tmp/h.json'); const fileLength = Number(readFileSync('/tmp/h.len','utf8'));
const registry = createRegistry({ configs: builtinConfigs });
const recipeText = JSON.stringify({
  're:model\\.layers\\.\\d+\\.mlp\\.experts\\.\\d+\\.(gate|up|down)_proj': { type: 'Int4WeightOnlyConfig', group_size: 128 },
  're:model\\.layers\\.\\d+\\.self_attn\\..*_proj': { type: 'Int8WeightOnlyConfig' }, lm_head: null });
const text = new TextDecoder().decode(json);
for (let r=0;r<Number(process.argv[2]??3);r++) {
const out: string[] = [];
let t = performance.now(), c = process.cpuUsage(); const t0=t;
const lap = (n: string) => { const d = process.cpuUsage(c); out.push(`${n} ${(performance.now()-t).toFixed(0)}/${((d.user+d.system)/1000).toFixed(0)}`); t = performance.now(); c = process.cpuUsage(); };
JSON.parse(text); lap('JSON.parse');
const { tensors } = parseHeader(json, { where: 'x', fileByteLength: fileLength }); lap('parseHeader');
const parameters = deriveParameters(tensors, { modelType: 'deepseek_v3' }); lap('derive');
const { recipe } = parseRecipe(recipeText, registry); lap('recipe');
const d = decide(parameters, recipe); lap('decide');
const p = planDecisions(d, { inputs: [{name:'a',byteLength:fileLength}], adapter: safetensorsAdapter }); lap('planDecisions');
console.log(out.join(' | '), p.items.length, (performance.now()-t0).toFixed(0));
}
