import type { ModuleKind } from './kind.ts';
import type { ModuleNames, ModuleTable, NamesByKind } from './table.ts';

/** A name of a table, ready to be compared. */
export interface NameRule {
  /** Last component first. */
  readonly components: readonly [string, ...string[]];
  readonly kind: ModuleKind;
  /** Whether the name is a router's, and counts only for a weight that is wider than tall. */
  readonly router: boolean;
}

/** A table's names as one model sees them, by last component, the winning one first. */
export interface NameIndex {
  readonly modules: ReadonlyMap<string, readonly NameRule[]>;
  readonly parameters: ReadonlyMap<string, readonly NameRule[]>;
}

export function indexNames(table: ModuleTable, modelType: string | null): NameIndex {
  const modules: Map<string, NameRule[]> = new Map();
  const parameters: Map<string, NameRule[]> = new Map();
  for (const layer of table.layers) {
    const families = layer.families;
    if (modelType !== null && families !== undefined && Object.hasOwn(families, modelType)) {
      addNames(families[modelType] ?? {}, modules, parameters);
    }
    addNames(layer, modules, parameters);
  }
  return { modules, parameters };
}

/** The rules whose names end like a name of this last component, the winning one first. */
export function rulesFor(index: ReadonlyMap<string, readonly NameRule[]>, last: string): readonly NameRule[] {
  return index.get(isIndex(last) ? '*' : last) ?? NO_RULES;
}

/** Whether a rule's name ends the FQN. */
export function namesEnd({ components }: NameRule, fqn: string): boolean {
  return endsWithComponents(fqn, components);
}

const NO_RULES: readonly NameRule[] = [];

function addNames(names: ModuleNames, modules: Map<string, NameRule[]>, parameters: Map<string, NameRule[]>): void {
  const ofModules = [...rulesOf(names.modules ?? {}), ...routerRules(names.routers ?? [])];
  const longestFirst = (left: NameRule, right: NameRule): number => right.components.length - left.components.length;
  for (const rule of ofModules.sort(longestFirst)) append(modules, rule);
  for (const rule of rulesOf(names.parameters ?? {}).sort(longestFirst)) append(parameters, rule);
}

function rulesOf(names: NamesByKind): NameRule[] {
  return (Object.entries(names) as [ModuleKind, readonly string[] | undefined][]).flatMap(([kind, list]) =>
    (list ?? []).map((name) => ({ components: componentsOf(name), kind, router: false })),
  );
}

function routerRules(names: readonly string[]): NameRule[] {
  return names.map((name) => ({ components: componentsOf(name), kind: 'other', router: true }));
}

function componentsOf(name: string): [string, ...string[]] {
  const [last = '', ...rest] = name.split('.').reverse();
  return [last, ...rest];
}

function append(index: Map<string, NameRule[]>, rule: NameRule): void {
  const rules = index.get(rule.components[0]);
  if (rules === undefined) index.set(rule.components[0], [rule]);
  else rules.push(rule);
}

function endsWithComponents(fqn: string, components: readonly string[]): boolean {
  let end = fqn.length;
  for (const component of components) {
    if (end < 0) return false;
    const dot = end === 0 ? -1 : fqn.lastIndexOf('.', end - 1);
    const seen = fqn.slice(dot + 1, end);
    if (component === '*' ? !isIndex(seen) : seen !== component) return false;
    // One before the start marks that no component is left.
    end = dot;
  }
  return true;
}

function isIndex(component: string): boolean {
  for (let at = 0; at < component.length; at += 1) {
    const code = component.charCodeAt(at);
    if (code < 48 || code > 57) return false;
  }
  return component !== '';
}
