import { createRegistry, deriveParameters, parseRecipe, decide, planDecisions, findingsOf } from '@fewbit/core';
import { builtinConfigs } from '@fewbit/configs';
import { parseHeader, safetensorsAdapter } from '@fewbit/adapters-safetensors';
import { mixtureOfExpertsHeader } from './planning.ts';
const header = mixtureOfExpertsHeader(100000);
const text = new TextDecoder().decode(header.json);
const registry = createRegistry({ configs: builtinConfigs });
const recipeText = JSON.stringify({
  're:model\\.layers\\.\\d+\\.mlp\\.experts\\.\\d+\\.(gate|up|down)_proj': { type: 'Int4WeightOnlyConfig', group_size: 128 },
  're:model\\.layers\\.\\d+\\.self_attn\\..*_proj': { type: 'Int8WeightOnlyConfig' }, lm_head: null });
for (let r=0;r<3;r++) {
const out: string[] = [];
let t = performance.now(), c = process.cpuUsage();
const lap = (n: string) => { const d = process.cpuUsage(c); out.push(`${n} ${(performance.now()-t).toFixed(0)}/${((d.user+d.system)/1000).toFixed(0)}`); t = performance.now(); c = process.cpuUsage(); };
JSON.parse(text); lap('JSON.parse');
const { tensors } = parseHeader(header.json, { where: 'x', fileByteLength: header.fileLength }); lap('parseHeader');
const parameters = deriveParameters(tensors, { modelType: 'deepseek_v3' }); lap('derive');
const { recipe } = parseRecipe(recipeText, registry); lap('recipe');
const d = decide(parameters, recipe); lap('decide');
const f = findingsOf(d); lap('findings');
const p = planDecisions(d, { inputs: [{name:'a',byteLength:header.fileLength}], adapter: safetensorsAdapter }); lap('planDecisions(+findings)');
const l = safetensorsAdapter.layout(d.list.map(({parameter,quantizer})=> quantizer===null?{name:parameter.name,quantized:null,components:[{name:'',dtype:parameter.dtype,shape:parameter.shape}]}:{name:parameter.name,quantized:{tensorClass:quantizer.tensorClass,attributes:quantizer.attributes},components:quantizer.components}), {maxShardBytes:5e9}); lap('layout alone');
console.log(out.join(' | '), f.length, p.items.length, l.files.length);
}
