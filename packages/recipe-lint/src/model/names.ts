import type { Family, ParameterInfo, Siblings } from '@fewbit/core';

/** The name with every number that is a whole component replaced: names of all layers look the same. */
export function templateOf(name: string): string {
  return name.replace(WHOLE_NUMBER, '#');
}

const WHOLE_NUMBER = /(?<=^|\.)\d+(?=\.|$)/g;

/** One name of each template, in order, `limit` at most. */
export function representatives(names: Iterable<string>, limit: number): readonly string[] {
  const first: Map<string, string> = new Map();
  for (const name of names) {
    const template = templateOf(name);
    if (!first.has(template)) first.set(template, name);
    if (first.size === limit) break;
  }
  return [...first.values()];
}

/** The first few names of each template, in order. */
export function firstOfEachKind(names: Iterable<string>, limit: number): readonly string[] {
  const seen: Map<string, number> = new Map();
  return [...names].filter((name) => {
    const template = templateOf(name);
    const before = seen.get(template) ?? 0;
    seen.set(template, before + 1);
    return before < limit;
  });
}

/** Names by which a key selects something: parameters, and modules with a `weight` of their own. */
export function* selectableNames(parameters: readonly ParameterInfo[]): Generator<string> {
  for (const { name, module, parameter, kind } of parameters) {
    if (kind === 'buffer') continue;
    yield name;
    if (parameter === 'weight') yield module;
  }
}

/** How many of a module's template came before, as modules with a weight and by the names of their parameters. */
interface SeenModules {
  modules: number;
  readonly parameters: Map<string, number>;
}

/** What was seen below parents of one template. */
interface SeenBelow {
  /** By the module's own name. */
  readonly modules: Map<string, SeenModules>;
  /** Families of which every name has come often enough. */
  readonly full: Set<Family>;
}

/** Names by which a key selects something, the first few of each template: parameters, and modules with a `weight`. */
export function selectableSamples(
  parameters: readonly ParameterInfo[],
  siblings: readonly Siblings[],
  limit: number,
): readonly string[] {
  const templates: Map<string, SeenBelow> = new Map();
  const names: string[] = [];
  const templateOfFront = frontTemplates();
  for (const { front, first, family } of siblings) {
    const template = templateOfFront(front);
    const below = templates.get(template) ?? { modules: new Map<string, SeenModules>(), full: new Set<Family>() };
    templates.set(template, below);
    if (below.full.has(family)) continue;
    const before = names.length;
    family.members.forEach(({ own, parameter, kind }, at) => {
      if (kind === 'buffer') return;
      const part = isNumber(own) ? '#' : own;
      const seen = below.modules.get(part) ?? { modules: 0, parameters: new Map<string, number>() };
      below.modules.set(part, seen);
      const count = seen.parameters.get(parameter) ?? 0;
      seen.parameters.set(parameter, count + 1);
      if (count < limit) names.push(parameters[first + at]?.name ?? '');
      if (parameter === 'weight' && seen.modules++ < limit) names.push(front + own);
    });
    if (names.length === before) below.full.add(family);
  }
  return names;
}

/** `templateOf` for fronts that come in an order: the next one often differs from the last in its last number alone. */
function frontTemplates(): (front: string) => string {
  let last: string | null = null;
  let template = '';
  return (front) => {
    const head = front.slice(0, front.lastIndexOf('.', front.length - 2) + 1);
    const numbered = front !== '' && isNumber(front.slice(head.length, -1));
    if (!numbered || head !== last) template = templateOf(front);
    last = numbered ? head : null;
    return template;
  };
}

export function isNumber(part: string): boolean {
  return /^\d+$/.test(part);
}

export function lastPart(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}

/** What is before the last dot; '' when there is none. */
export function parentOf(name: string): string {
  return name.slice(0, Math.max(0, name.lastIndexOf('.')));
}

// Components that a prefix has at most.
const MOST_COMPONENTS = 4;

/** Where the first number of a name begins, or what follows its first components; a name without a number has its last left out. */
function stemLength(name: string): number {
  let start = 0;
  for (let component = 0; component < MOST_COMPONENTS; component += 1) {
    const dot = name.indexOf('.', start);
    if (dot === -1 || isNumber(name.slice(start, dot))) return start;
    start = dot + 1;
  }
  return start;
}

// A model has a handful; a checkpoint made to hurt may have as many as tensors.
const MOST_PREFIXES = 24;

/** What names begin with before their first number, longest last: `model`, `model.layers`, `model.vision_tower`. */
export function leadingNames(parameters: readonly ParameterInfo[]): readonly string[] {
  const found: Set<string> = new Set();
  let last = '';
  let layer: string | null = null;
  for (const { module } of parameters) {
    // Modules of one layer stand side by side and begin alike: only another beginning is taken apart.
    if (layer !== null && module.startsWith(layer)) continue;
    layer = null;
    if (last !== '' && module.startsWith(last)) {
      const dot = module.indexOf('.', last.length);
      if (dot !== -1 && isNumber(module.slice(last.length, dot))) {
        layer = module.slice(0, dot + 1);
        continue;
      }
    }
    const stem = module.slice(0, stemLength(module));
    if (stem === last) continue;
    last = stem;
    for (let dot = stem.indexOf('.'); dot !== -1; dot = stem.indexOf('.', dot + 1)) found.add(stem.slice(0, dot));
    if (found.size >= MOST_PREFIXES) break;
  }
  return [...found].sort((left, right) => left.length - right.length);
}

/** Whether a name is one of a single expert, or of a stack of experts, as models keep them. */
export function expertsOf(parameters: readonly ParameterInfo[]): 'single' | 'stacked' | null {
  let single = false;
  for (const { kind, name } of parameters) {
    if (kind === 'experts') return 'stacked';
    single ||= isSingleExpert(name);
  }
  return single ? 'single' : null;
}

const SINGLE_EXPERT = /\.experts\.\d+\./;

/** Whether a tensor belongs to one expert of several: `mlp.experts.3.up_proj.weight`. */
export function isSingleExpert(name: string): boolean {
  return SINGLE_EXPERT.test(name);
}
