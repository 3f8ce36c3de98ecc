import { createRegistry, deriveParameters, parseRecipe, decide } from '@fewbit/core';
import { builtinConfigs } from '@fewbit/configs';
import { parseHeader, safetensorsAdapter } from '@fewbit/adapters-safetensors';
import { mixtureOfExpertsHeader } from './planning.ts';
const header = mixtureOfExpertsHeader(100000);
const registry = createRegistry({ configs: builtinConfigs });
const recipeText = JSON.stringify({
  're:model\\.layers\\.\\d+\\.mlp\\.experts\\.\\d+\\.(gate|up|down)_proj': { type: 'Int4WeightOnlyConfig', group_size: 128 },
  're:model\\.layers\\.\\d+\\.self_attn\\..*_proj': { type: 'Int8WeightOnlyConfig' }, lm_head: null });
const { tensors } = parseHeader(header.json, { where: 'x', fileByteLength: header.fileLength });
const d = decide(deriveParameters(tensors, { modelType: 'deepseek_v3' }), parseRecipe(recipeText, registry).recipe);
const outs = d.list.map(({parameter,quantizer})=> quantizer===null?{name:parameter.name,quantized:null,components:[{name:'',dtype:parameter.dtype,shape:parameter.shape}]}:{name:parameter.name,quantized:{tensorClass:quantizer.tensorClass,attributes:quantizer.attributes},components:quantizer.components});
let l; const ts=[];
for (let r=0;r<6;r++){ const c=process.cpuUsage(); const t=performance.now(); l=safetensorsAdapter.layout(outs,{maxShardBytes:5e9}); const d=process.cpuUsage(c); ts.push(`${(performance.now()-t).toFixed(0)}/${((d.user+d.system)/1000).toFixed(0)}`);}
console.log(ts.join(' '), l.files.reduce((s,f)=>s+f.head.length,0)/1e6,'MB heads');
import { createHash } from 'node:crypto';
const h=createHash('sha1'); for(const f of l.files) h.update(f.head); console.log(h.digest('hex'));
