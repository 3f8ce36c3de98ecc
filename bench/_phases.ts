import { deriveParameters, parseRecipe, createRegistry, planDecisions, decide } from '@fewbit/core';
import { builtinConfigs } from '@fewbit/configs';
import { parseHeader, safetensorsAdapter } from '@fewbit/adapters-safetensors';
import { mixtureOfExpertsHeader } from './planning.ts';
const header = mixtureOfExpertsHeader(100000);
const text = new TextDecoder().decode(header.json);
const registry = createRegistry({ configs: builtinConfigs, adapters: [safetensorsAdapter] });
const recipe = JSON.stringify({
  're:model\\.layers\\.\\d+\\.mlp\\.experts\\.\\d+\\.(gate|up|down)_proj': { type: 'Int4WeightOnlyConfig', group_size: 128 },
  're:model\\.layers\\.\\d+\\.self_attn\\..*_proj': { type: 'Int8WeightOnlyConfig' },
  lm_head: null,
});
const R = Number(process.argv[2] ?? 15);
const rows: number[][] = []; const cpus: number[] = [];
for (let r = 0; r < R; r++) {
  const t: number[] = [performance.now()];
  JSON.parse(text); t.push(performance.now()); const c0 = process.cpuUsage();
  const { tensors } = parseHeader(header.json, { where: 'bench', fileByteLength: header.fileLength }); t.push(performance.now());
  const parameters = deriveParameters(tensors, { modelType: 'deepseek_v3' }); t.push(performance.now());
  const rec = parseRecipe(recipe, registry).recipe;
  const d = decide(parameters, rec); t.push(performance.now());
  const u = d.uses; t.push(performance.now());
  const p = planDecisions(d, { inputs: [{ name: 'model.safetensors', byteLength: header.fileLength }], adapter: safetensorsAdapter }); t.push(performance.now());
  if (u.length + p.items.length < 0) throw new Error();
  const c1 = process.cpuUsage(c0); cpus.push((c1.user + c1.system) / 1e3);
  rows.push(t.slice(1).map((x, i) => x - t[i]!));
}
const med = (a: number[]) => a.toSorted((x, y) => x - y)[a.length >> 1]!;
const cols = rows[0]!.map((_, i) => rows.map((r) => r[i]!));
const names = ['JSON', 'parseHeader', 'derive', 'decide', 'uses', 'planDecisions'];
console.log(names.map((n, i) => `${n} ${med(cols[i]!).toFixed(0)} (${Math.min(...cols[i]!).toFixed(0)})`).join('  '));
const tot = rows.map((r) => r.slice(1).reduce((a, b) => a + b)); const allowed = rows.map((r) => 2 * r[0]! + 500);
console.log('plan', med(tot).toFixed(0), Math.min(...tot).toFixed(0), 'allowed', med(allowed).toFixed(0), Math.min(...allowed).toFixed(0), 'first', tot[0]!.toFixed(0), 'cpu', med(cpus).toFixed(0), Math.min(...cpus).toFixed(0), 'rss', (process.resourceUsage().maxRSS/1024).toFixed(0));
