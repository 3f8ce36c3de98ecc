import type { ParameterInfo, TensorInfo } from '../tensor.ts';
import { defaultModuleTable } from './default-table.ts';
import type { ModuleKind } from './kind.ts';
import { indexNames, namesEnd, rulesFor, type NameIndex, type NameRule } from './name-index.ts';
import type { ModuleTable } from './table.ts';

export interface DeriveOptions {
  /** `model_type` of the checkpoint's `config.json`; null or absent when there is none. */
  readonly modelType?: string | null;
  /** Default: `defaultModuleTable`. */
  readonly table?: ModuleTable;
}

/**
 * Sees a checkpoint's tensors as parameters of modules: splits each name at its last dot, and tells the kind of the module
 * from the table's names, from the shapes of its tensors and from its neighbours.
 *
 * What decides, first to last: a parameter's name in the table; a dtype that no parameter has (integers of 64 bits,
 * booleans: a buffer); then for the module its name in the table, and the shape of its `weight`. One dimension is a norm,
 * three or more are a convolution, two are a linear, except that
 * - a bias as long as the weight's last dimension, and not as its first, shows a transposed `conv1d`, and with it the
 *   square weights of the same name;
 * - `out_proj` beside `in_proj_weight` belongs to torch's MultiheadAttention, whose class of linear torchao passes over.
 *
 * A module's kind holds for its `weight` and `bias`; whatever else lies beside a weight (scales, statistics) is `other`.
 *
 * @returns One parameter for each tensor, in the same order, with all that the tensor had. Never throws for a name.
 */
export function deriveParameters<T extends TensorInfo>(
  tensors: readonly T[],
  options: DeriveOptions = {},
): (T & ParameterInfo)[] {
  const owners = ownersOf(tensors);
  const modules = gatherModules(tensors, owners);
  const context: Context = {
    names: indexNames(options.table ?? defaultModuleTable, options.modelType ?? null),
    modules,
    transposedNames: findTransposedNames(modules.all),
  };
  const alone = emptyModule('');
  return tensors.map((tensor, index) => {
    const module = owners[index] ?? '';
    const parameter = isWeight(tensor.name) ? 'weight' : lastOf(tensor.name);
    const owner = modules.of(module) ?? aloneIn(alone, module, tensor.shape);
    return { ...tensor, module, parameter, kind: kindOfParameter(tensor, parameter, owner, context) };
  });
}

/** What a checkpoint shows of a module. */
interface Module {
  fqn: string;
  weight: readonly number[] | null;
  bias: readonly number[] | null;
  /** The most dimensions that a tensor beside the weight has. */
  otherRank: number;
  ownsInProjection: boolean;
  /** Null until it is asked for. */
  kind: ModuleKind | null;
}

/** Modules that own more than a weight. */
interface Modules {
  readonly all: Iterable<Module>;
  readonly of: (fqn: string) => Module | undefined;
}

interface Context {
  readonly names: NameIndex;
  readonly modules: Modules;
  /** Last components of modules that are known to be transposed. */
  readonly transposedNames: ReadonlySet<string>;
}

function emptyModule(fqn: string): Module {
  return { fqn, weight: null, bias: null, otherRank: 0, ownsInProjection: false, kind: null };
}

/** The module of a weight that is all it owns: one object for all of them, since it is forgotten at once. */
function aloneIn(module: Module, fqn: string, weight: readonly number[]): Module {
  module.fqn = fqn;
  module.weight = weight;
  module.kind = null;
  return module;
}

/** The module of each tensor; one string for neighbours, whose hash is then computed once. */
function ownersOf(tensors: readonly TensorInfo[]): readonly string[] {
  let last = '';
  return tensors.map(({ name }) => {
    const dot = Math.max(0, name.lastIndexOf('.'));
    if (dot !== last.length || !name.startsWith(last)) last = name.slice(0, dot);
    return last;
  });
}

// A module that owns a weight alone, as nearly all of a large checkpoint's experts do, needs no entry: its weight says all.
function gatherModules(tensors: readonly TensorInfo[], owners: readonly string[]): Modules {
  const modules: Map<string, Module> = new Map();
  // Most names are told apart by their length alone: a map would hash each of them.
  const lengths: Set<number> = new Set();
  const of = (fqn: string): Module | undefined => (lengths.has(fqn.length) ? modules.get(fqn) : undefined);
  tensors.forEach(({ name, shape }, index) => {
    if (isWeight(name)) return;
    const fqn = owners[index] ?? '';
    let module = modules.get(fqn);
    if (module === undefined) {
      module = emptyModule(fqn);
      modules.set(fqn, module);
      lengths.add(fqn.length);
    }
    const parameter = lastOf(name);
    if (parameter === 'bias') module.bias = shape;
    if (parameter === 'in_proj_weight') module.ownsInProjection = true;
    module.otherRank = Math.max(module.otherRank, shape.length);
  });
  if (modules.size > 0) {
    tensors.forEach(({ name, shape }, index) => {
      const module = of(owners[index] ?? '');
      if (module !== undefined && isWeight(name)) module.weight = shape;
    });
  }
  return { all: modules.values(), of };
}

function isWeight(name: string): boolean {
  return name.endsWith('.weight') || name === 'weight';
}

function kindOfParameter(tensor: TensorInfo, parameter: string, owner: Module, context: Context): ModuleKind {
  const rank = tensor.shape.length;
  // Asked first because it is rare: hardly a tensor's own name says anything.
  if (context.names.parameters.has(parameter) || context.names.parameters.has('*')) {
    for (const rule of rulesFor(context.names.parameters, parameter)) {
      if (namesEnd(rule, tensor.name) && rankFits(rule.kind, rank)) return rule.kind;
    }
  }
  if (tensor.dtype === 'I64' || tensor.dtype === 'U64' || tensor.dtype === 'BOOL') return 'buffer';
  // A bias of many dimensions and no weight: the causal mask of GPT-2's older checkpoints.
  if (parameter === 'bias' && owner.weight === null && rank > 2) return 'buffer';
  if (owner.weight !== null && parameter !== 'weight' && parameter !== 'bias') return 'other';
  owner.kind ??= kindOfModule(owner, context);
  return owner.kind;
}

function kindOfModule(module: Module, { names, modules, transposedNames }: Context): ModuleKind {
  const last = lastOf(module.fqn);
  for (const rule of rulesFor(names.modules, last)) {
    if (namesEnd(rule, module.fqn) && ruleFits(rule, module)) return rule.kind;
  }
  const { weight } = module;
  if (weight === null || weight.length === 0) return 'other';
  if (weight.length === 1) return 'norm';
  if (weight.length > 2) return 'conv';
  if (last === 'out_proj' && modules.of(parentOf(module.fqn))?.ownsInProjection === true) return 'other';
  const orientation = orientationOf(module);
  if (orientation === 'transposed') return 'conv1d';
  return orientation === 'square' && transposedNames.has(last) ? 'conv1d' : 'linear';
}

function ruleFits(rule: NameRule, { weight, otherRank }: Module): boolean {
  const rank = weight === null ? otherRank : weight.length;
  if (!rankFits(rule.kind, rank)) return false;
  // `embeddings` is also the name of containers that own a few vectors; an embedding and a linear have a weight.
  if (weight === null && rank === 2 && rule.kind !== 'other' && rule.kind !== 'buffer') return false;
  return !rule.router || (weight !== null && weight.length === 2 && (weight[0] ?? 0) < (weight[1] ?? 0));
}

function rankFits(kind: ModuleKind, rank: number): boolean {
  switch (kind) {
    case 'linear':
    case 'embedding':
    case 'conv1d':
      return rank === 2;
    case 'norm':
      return rank === 1;
    case 'conv':
    case 'experts':
      return rank > 2;
    case 'buffer':
    case 'other':
      return true;
  }
}

/** A bias is as long as a layer's output: the weight's first dimension in a linear, its last in a transposed one. */
function orientationOf({ weight, bias }: Module): 'linear' | 'transposed' | 'square' | 'unknown' {
  if (weight?.length !== 2 || bias?.length !== 1) return 'unknown';
  const [first, last] = weight;
  if (first === last) return 'square';
  if (bias[0] === first) return 'linear';
  return bias[0] === last ? 'transposed' : 'unknown';
}

function findTransposedNames(modules: Iterable<Module>): ReadonlySet<string> {
  const transposed: Set<string> = new Set();
  const linear: Set<string> = new Set();
  for (const module of modules) {
    const orientation = orientationOf(module);
    if (orientation === 'transposed') transposed.add(lastOf(module.fqn));
    if (orientation === 'linear') linear.add(lastOf(module.fqn));
  }
  // A name that is also a linear's proves nothing about a square weight.
  for (const name of linear) transposed.delete(name);
  return transposed;
}

/** What is before the last dot; '' when there is none. */
function parentOf(name: string): string {
  return name.slice(0, Math.max(0, name.lastIndexOf('.')));
}

function lastOf(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}
