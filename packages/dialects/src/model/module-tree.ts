import type { DialectModel, ParameterInfo } from '@fewbit/core';
import type { ModuleNode, OwnParameter } from './module-node.ts';
import { inGuessedOrder, isIndex, ownInGuessedOrder } from './order.ts';
import { SILENT_MODULES } from './silent-modules.ts';

// Models nest some ten levels deep; a name of a million dots must not make a million names of a million characters.
const MAX_LEVELS = 128;

interface Growing extends ModuleNode {
  readonly own: OwnParameter[];
  readonly children: Map<string, Growing>;
}

/**
 * All modules of a model, each before those in it, as `named_modules()` gives them.
 *
 * Where `model.modules` says which there are, that is their order, and parameters stand in the order given. Otherwise
 * modules without parameters are those that the family is known to have (see silent-modules.ts), and the order is guessed
 * (see order.ts), since a checkpoint is ordered by dtype and name. That order decides only which of several errors comes first, and, for modules with three or more parameters,
 * which one a removal by position hits.
 *
 * @param extra - Tensors that the model has beside those of its checkpoint: the other one of a tied pair.
 */
export function modulesOf(model: DialectModel, extra: readonly ParameterInfo[] = []): readonly ModuleNode[] {
  const root = emptyNode('', '');
  const known: Map<string, Growing> = new Map([['', root]]);
  for (const fqn of model.modules ?? []) nodeAt(fqn, root, known);
  model.parameters.forEach((info, index) => nodeAt(info.module, root, known).own.push({ info, index }));
  for (const info of extra) nodeAt(info.module, root, known).own.push({ info, index: -1 });
  if (model.modules !== undefined) return [...known.values()];
  addSilentModules(model, known);
  const ordered: ModuleNode[] = [];
  appendInOrder(root, ordered);
  return ordered;
}

function addSilentModules({ config }: DialectModel, known: ReadonlyMap<string, Growing>): void {
  const type = config !== null && Object.hasOwn(config, 'model_type') ? config.model_type : null;
  const rules = SILENT_MODULES.filter(({ modelTypes }) => typeof type === 'string' && modelTypes.has(type));
  if (rules.length === 0) return;
  for (const node of known.values()) {
    for (const { parent, name, beside } of rules) {
      if (!isCalled(node, parent) || node.children.has(name)) continue;
      const isBeside =
        beside === null || node.children.has(beside) || node.own.some(({ info }) => info.parameter === beside);
      if (isBeside) node.children.set(name, emptyNode(node.fqn === '' ? name : `${node.fqn}.${name}`, name));
    }
  }
}

function isCalled({ name, fqn }: ModuleNode, parent: string): boolean {
  if (!parent.endsWith('.*')) return name === parent;
  const list = fqn.slice(0, Math.max(0, fqn.length - name.length - 1));
  return isIndex(name) && `.${list}`.endsWith(`.${parent.slice(0, -2)}`);
}

function appendInOrder(node: Growing, ordered: ModuleNode[]): void {
  ordered.push(node.own.length < 2 ? node : { ...node, own: ownInGuessedOrder(node.own) });
  if (node.children.size === 0) return;
  for (const child of inGuessedOrder([...node.children.values()])) appendInOrder(child, ordered);
}

function nodeAt(fqn: string, root: Growing, known: Map<string, Growing>): Growing {
  const found = known.get(fqn);
  if (found !== undefined) return found;
  let node = root;
  let from = 0;
  for (let level = 0; level < MAX_LEVELS; level++) {
    const dot = level === MAX_LEVELS - 1 ? -1 : fqn.indexOf('.', from);
    const name = dot === -1 ? fqn.slice(from) : fqn.slice(from, dot);
    let child = node.children.get(name);
    if (child === undefined) {
      child = emptyNode(dot === -1 ? fqn : fqn.slice(0, dot), name);
      node.children.set(name, child);
      known.set(child.fqn, child);
    }
    node = child;
    if (dot === -1) break;
    from = dot + 1;
  }
  return node;
}

function emptyNode(fqn: string, name: string): Growing {
  return { fqn, name, own: [], children: new Map() };
}
