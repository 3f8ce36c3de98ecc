import type { ModuleNode, OwnParameter } from './module-tree.ts';

/**
 * The order in which a model most likely registers modules that stand side by side: layers by number; embeddings before
 * everything, a norm beside a list of layers after it, heads (linear layers beside a list of layers, or at the top) last;
 * for the rest the order of the names' first appearance.
 */
export function inGuessedOrder<Node extends ModuleNode>(siblings: readonly Node[]): readonly Node[] {
  if (siblings.every(({ name }) => isIndex(name))) {
    return siblings.toSorted((left, right) => Number(left.name) - Number(right.name));
  }
  if (!siblings.some(holdsLayers) && !siblings.some(({ children }) => [...children.values()].some(holdsLayers))) {
    return siblings;
  }
  return siblings.toSorted((left, right) => rankOf(left) - rankOf(right));
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

function isIndex(name: string): boolean {
  return /^\d{1,15}$/.test(name);
}
