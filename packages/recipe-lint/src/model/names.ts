import type { ParameterInfo } from '@fewbit/core';

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

/** Names by which a key selects something, the first few of each template: parameters, and modules with a `weight`. */
export function selectableSamples(parameters: readonly ParameterInfo[], limit: number): readonly string[] {
  // By the template of the parent, then by the module's own name: parents stand side by side too.
  const templates: Map<string, Map<string, SeenModules>> = new Map();
  const names: string[] = [];
  let last: string | null = null;
  let lastParent: string | null = null;
  let siblings: Map<string, SeenModules> = new Map();
  let seen: SeenModules = { modules: 0, parameters: new Map() };
  for (const { name, module, parameter, kind } of parameters) {
    if (kind === 'buffer') continue;
    // The parameters of a module stand side by side: one look at its name for all.
    if (module !== last) {
      const dot = module.lastIndexOf('.');
      if (dot !== lastParent?.length || !module.startsWith(lastParent)) {
        lastParent = parentOf(module);
        const template = templateOf(lastParent);
        siblings = templates.get(template) ?? new Map<string, SeenModules>();
        templates.set(template, siblings);
      }
      const part = module.slice(dot + 1);
      const own = isNumber(part) ? '#' : part;
      seen = siblings.get(own) ?? { modules: 0, parameters: new Map() };
      siblings.set(own, seen);
      last = module;
    }
    const before = seen.parameters.get(parameter) ?? 0;
    seen.parameters.set(parameter, before + 1);
    if (before < limit) names.push(name);
    if (parameter === 'weight' && seen.modules++ < limit) names.push(module);
  }
  return names;
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
