import type { ModuleNode, OwnParameter } from './module-node.ts';

/**
 * The order in which a model most likely registers modules that stand side by side: layers by number; names that
 * transformers' models have together, as those register them; otherwise embeddings before everything, a norm beside a list of layers after it, heads (linear layers beside a list of layers, or at the top) last;
 * for the rest the order of the names' first appearance.
 */
export function inGuessedOrder<Node extends ModuleNode>(siblings: readonly Node[]): readonly Node[] {
  if (siblings.every(({ name }) => isIndex(name))) {
    return siblings.toSorted((left, right) => Number(left.name) - Number(right.name));
  }
  const order = bestOrder(siblings);
  if (order !== null) return siblings.toSorted((left, right) => placeIn(order, left) - placeIn(order, right));
  if (!siblings.some(holdsLayers) && !siblings.some(({ children }) => [...children.values()].some(holdsLayers))) {
    return siblings;
  }
  return siblings.toSorted((left, right) => rankOf(left) - rankOf(right));
}

// As transformers' models register them.
const ORDERS: readonly (readonly string[])[] = [
  ['embed_tokens', 'layers', 'norm', 'rotary_emb'],
  ['embed_tokens', 'embed_positions', 'final_layer_norm', 'layers'],
  ['wte', 'wpe', 'drop', 'h', 'ln_f'],
  [
    'self_attn',
    'mlp',
    'input_layernorm',
    'post_attention_layernorm',
    'pre_feedforward_layernorm',
    'post_feedforward_layernorm',
  ],
  ['self_attn', 'activation_fn', 'self_attn_layer_norm', 'fc1', 'fc2', 'final_layer_norm'],
  ['ln_1', 'attn', 'ln_2', 'mlp'],
  ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'q_norm', 'k_norm'],
  ['k_proj', 'v_proj', 'q_proj', 'out_proj'],
  ['c_attn', 'c_proj', 'attn_dropout', 'resid_dropout'],
  ['gate', 'experts', 'shared_experts'],
  ['router', 'experts'],
  ['gate_proj', 'up_proj', 'down_proj', 'act_fn'],
  ['c_fc', 'c_proj', 'act', 'dropout'],
];

/** The order that names the most of them, two at least. */
function bestOrder(siblings: readonly ModuleNode[]): readonly string[] | null {
  let best: readonly string[] | null = null;
  let most = 1;
  for (const order of ORDERS) {
    const named = siblings.filter(({ name }) => order.includes(name)).length;
    if (named > most) [best, most] = [order, named];
  }
  return best;
}

function placeIn(order: readonly string[], { name }: ModuleNode): number {
  const place = order.indexOf(name);
  return place === -1 ? order.length : place;
}

/** `weight` before `bias`; stacks of experts as transformers registers them; for the rest the order given. */
export function ownInGuessedOrder(own: readonly OwnParameter[]): readonly OwnParameter[] {
  return own.toSorted((left, right) => placeOf(left.info.parameter) - placeOf(right.info.parameter));
}

const PLACES: ReadonlyMap<string, number> = new Map(
  [
    'in_proj_weight',
    'in_proj_bias',
    'weight',
    'gate_up_proj',
    'gate_up_proj_bias',
    'gate_proj',
    'up_proj',
    'down_proj',
    'down_proj_bias',
    'bias',
  ].map((name, place) => [name, place]),
);

function placeOf(parameter: string): number {
  return PLACES.get(parameter) ?? PLACES.size;
}

// Everything that is named here stands before or after the body of the model.
const RANKS: ReadonlyMap<string, number> = new Map([
  ['embedding', 0],
  ['norm', 2],
  ['linear', 3],
]);

function rankOf({ own }: ModuleNode): number {
  const kind = own.find(({ info }) => info.parameter === 'weight')?.info.kind;
  return (kind === undefined ? undefined : RANKS.get(kind)) ?? 1;
}

function holdsLayers({ children }: ModuleNode): boolean {
  const [first] = children.keys();
  return first !== undefined && isIndex(first);
}

export function isIndex(name: string): boolean {
  return /^\d{1,15}$/.test(name);
}
