/** Recipes of any size: `real` is what people write for big models, `hard` begins every key with a wildcard. */
import { Random } from '../tools/fuzz/random.ts';

const PROJ = ['gate_proj', 'up_proj', 'down_proj'];
const TOKENS = [
  'mlp',
  'self_attn',
  'q_a_proj',
  'kv_b_proj',
  'o_proj',
  'norm',
  'weight',
  'scale',
  'shared_experts',
  'gate',
];

type Kind = (r: Random) => string;
const layer: Kind = (r) => String(r.below(62));
const expert: Kind = (r) => String(r.below(256));
const proj: Kind = (r) => r.pick(PROJ);

const REAL: readonly Kind[] = [
  (r) => `model\\.layers\\.${layer(r)}\\.mlp\\.experts\\.${expert(r)}\\.(gate|up)_proj\\.weight`,
  (r) => `model\\.layers\\.${layer(r)}\\.mlp\\.experts\\.${expert(r)}\\.${proj(r)}\\..*`,
  (r) => `model\\.layers\\.${layer(r)}\\.mlp\\.experts\\.(${expert(r)}|${expert(r)}|${expert(r)})\\.down_proj\\..*`,
  (r) => `model\\.layers\\.${layer(r)}\\.mlp\\.experts\\.${r.below(25)}[0-9]\\..*_proj\\.weight`,
  (r) => `model\\.layers\\.${layer(r)}\\.mlp\\.experts\\.${r.below(9)}\\d\\.${proj(r)}\\.weight(_scale_inv)?`,
  (r) => `model\\.layers\\.${layer(r)}\\.self_attn\\.(q|kv)_[ab]_proj\\.weight`,
  (r) => `model\\.layers\\.${layer(r)}\\.self_attn\\..*norm\\.weight`,
  (r) => `model\\.layers\\.(${layer(r)}|${layer(r)}|${layer(r)})\\.mlp\\.shared_experts\\..*`,
  (r) => `model\\.layers\\.[0-9]+\\.mlp\\.experts\\.${expert(r)}\\.${proj(r)}\\.weight_scale_inv`,
  (r) => `^model\\.layers\\.[${r.below(3)}-5]\\d\\.mlp\\.experts\\.${expert(r)}\\.up_proj\\.weight$`,
];
const REAL_OPEN: readonly Kind[] = [
  (r) => `.*\\.experts\\.${expert(r)}\\.down_proj\\.weight`,
  (r) => `.*layers\\.${layer(r)}\\..*shared_experts.*`,
  (r) => `.*\\.${layer(r)}\\.self_attn\\.o_proj\\..*`,
  (r) => `.*\\.${layer(r)}\\..*\\.${expert(r)}\\.${proj(r)}.*`,
];
const HARD: readonly Kind[] = [
  (r) => `.*layers\\.${layer(r)}\\..*${r.pick(TOKENS)}.*${r.pick(TOKENS)}`,
  (r) => `.*experts\\.${expert(r)}\\..*${proj(r)}.*inv`,
  (r) => `.*\\.${expert(r)}\\.${proj(r)}\\.weight`,
  (r) => `.+\\.${layer(r)}\\.mlp\\..*\\.${expert(r)}\\..*`,
  (r) => `.*(${layer(r)}|${layer(r)})\\.mlp\\.experts\\.${expert(r)}\\..*`,
  (r) => `.*${layer(r)}\\.mlp.*${expert(r)}\\.(up|down)_proj.*scale.*`,
  (r) => `.*s\\.${layer(r)}\\..*s\\.${expert(r)}\\.(gate|up)_proj\\.weight`,
];

/** Keys as people write them: per layer and expert, with one in twenty that begins with a wildcard. */
export function realRecipe(size: number): string[] {
  const random = new Random(size);
  const keys: Set<string> = new Set();
  for (let i = 1; keys.size < size; i++) keys.add(random.pick(i % 20 === 0 ? REAL_OPEN : REAL)(random));
  return [...keys];
}

/** Keys that all begin with a wildcard. */
export function hardRecipe(size: number): string[] {
  const random = new Random(size + 1);
  const keys: Set<string> = new Set();
  while (keys.size < size) keys.add(random.pick(HARD)(random));
  return [...keys];
}
