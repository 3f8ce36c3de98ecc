import { mkdirSync, writeFileSync, openSync, writeSync, ftruncateSync, closeSync } from 'node:fs';
import { join } from 'node:path';
// @boundaries-ignore names that python-re is measured on; measured here on the same
import { deepSeekV3 } from '../packages/python-re/bench/names.ts';
// @boundaries-ignore as above
import { realRecipe } from '../packages/python-re/bench/recipes.ts';

/** As the real one is cut; its names count them with six digits. */
const SHARDS = 163;

const HIDDEN = 7168;
const VOCABULARY = 129_280;

/** Shapes of DeepSeek-V3's weights by the last component of their module; where two hold, the experts' is asked for first. */
const SHAPES: Readonly<Record<string, readonly number[]>> = {
  embed_tokens: [VOCABULARY, HIDDEN],
  lm_head: [VOCABULARY, HIDDEN],
  head: [VOCABULARY, HIDDEN],
  eh_proj: [HIDDEN, 2 * HIDDEN],
  q_a_proj: [1536, HIDDEN],
  q_b_proj: [24_576, 1536],
  kv_a_proj_with_mqa: [576, HIDDEN],
  kv_b_proj: [32_768, 512],
  o_proj: [HIDDEN, 16_384],
  gate: [256, HIDDEN],
  q_a_layernorm: [1536],
  kv_a_layernorm: [512],
};
const INTERMEDIATE = 18_432;
const EXPERT_INTERMEDIATE = 2048;
const SCALE_BLOCK = 128;

interface Entry {
  readonly dtype: string;
  readonly shape: readonly number[];
}

/** @param weights `published`: float8 beside block scales. `bf16`: the same names, every weight in bf16, so that configs take it. */
function entryOf(name: string, weights: 'published' | 'bf16'): Entry {
  const [parameter = '', module = ''] = name.split('.').reverse();
  if (parameter === 'e_score_correction_bias') return { dtype: 'F32', shape: [256] };
  const shape = shapeOf(name, module);
  if (parameter === 'weight_scale_inv') {
    return { dtype: 'F32', shape: shape.map((extent) => Math.ceil(extent / SCALE_BLOCK)) };
  }
  const scaled = module.endsWith('_proj') || module === 'kv_a_proj_with_mqa';
  return { dtype: scaled && module !== 'eh_proj' && weights === 'published' ? 'F8_E4M3' : 'BF16', shape };
}

function shapeOf(name: string, module: string): readonly number[] {
  const known = SHAPES[module];
  if (known !== undefined) return known;
  const width = name.includes('experts') ? EXPERT_INTERMEDIATE : INTERMEDIATE;
  if (module === 'down_proj') return [HIDDEN, width];
  return module === 'gate_proj' || module === 'up_proj' ? [width, HIDDEN] : [HIDDEN];
}

/** DeepSeek-V3's 91,991 tensors in 163 shards with their index: headers, and holes where the weights are. Returns the count. */
export function writeDeepSeekV3(directory: string, weights: 'published' | 'bf16'): number {
  mkdirSync(directory, { recursive: true });
  const names = deepSeekV3();
  const weightMap: Record<string, string> = {};
  const each = Math.ceil(names.length / SHARDS);
  for (let shard = 0; shard < SHARDS; shard += 1) {
    const own = names.slice(shard * each, (shard + 1) * each);
    const file = `model-${String(shard + 1).padStart(5, '0')}-of-${String(SHARDS).padStart(6, '0')}.safetensors`;
    writeShard(join(directory, file), own, weights);
    for (const name of own) weightMap[name] = file;
  }
  writeFileSync(
    join(directory, 'model.safetensors.index.json'),
    JSON.stringify({ metadata: {}, weight_map: weightMap }, null, 2),
  );
  writeFileSync(
    join(directory, 'config.json'),
    JSON.stringify({ model_type: 'deepseek_v3', tie_word_embeddings: false }),
  );
  return names.length;
}

function writeShard(path: string, names: readonly string[], weights: 'published' | 'bf16'): void {
  const header: Record<string, unknown> = {};
  let offset = 0;
  // The format's own writer sorts by alignment and then by name.
  for (const name of names.toSorted()) {
    const { dtype, shape } = entryOf(name, weights);
    const width = dtype === 'F32' ? 4 : dtype === 'BF16' ? 2 : 1;
    const end = offset + shape.reduce((product, extent) => product * extent, width);
    header[name] = { dtype, shape, data_offsets: [offset, end] };
    offset = end;
  }
  const json = Buffer.from(JSON.stringify(header));
  const head = Buffer.alloc(8 + Math.ceil(json.length / 8) * 8, ' ');
  head.writeBigUInt64LE(BigInt(head.length - 8));
  json.copy(head, 8);
  const file = openSync(path, 'w');
  writeSync(file, head, 0, head.length, 0);
  ftruncateSync(file, head.length + offset);
  closeSync(file);
}

const CONFIGS = [{ type: 'Int8WeightOnlyConfig' }, { type: 'Int4WeightOnlyConfig', group_size: 128 }, null];

/**
 * As many `re:` keys as asked for, as people write them for one layer or one expert, with configs in turn; norms are left
 * alone, so that no tensor refuses its config and there is an output to predict.
 */
export function writeRecipe(path: string, keys: number): void {
  const entries = realRecipe(keys).map((pattern, at) => {
    const config = pattern.includes('norm') ? null : CONFIGS[at % CONFIGS.length];
    return [`re:${pattern}`, config] as const;
  });
  writeFileSync(path, JSON.stringify(Object.fromEntries(entries), null, 1));
}
