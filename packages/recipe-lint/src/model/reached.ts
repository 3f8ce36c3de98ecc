import { quote, type ParameterInfo } from '@fewbit/core';
import type { LintContext } from '../context.ts';
import { involve, type RuleFinding } from '../finding.ts';
import { lastPart, parentOf } from './names.ts';

/** Kinds of tensors that a config hardly ever means to reach. */
export type Bystander = 'norm' | 'bias' | 'router';

interface Classes {
  readonly of: (parameter: ParameterInfo) => Bystander | null;
}

const known: WeakMap<LintContext, Classes> = new WeakMap();

/** What kind of bystander a parameter is; null for those that recipes are about. */
export function bystanderOf(context: LintContext, parameter: ParameterInfo): Bystander | null {
  let classes = known.get(context);
  if (classes === undefined) {
    classes = classify(context.model?.parameters ?? []);
    known.set(context, classes);
  }
  return classes.of(parameter);
}

function classify(parameters: readonly ParameterInfo[]): Classes {
  let withExperts: ReadonlySet<string> | null = null;
  return {
    of: ({ kind, parameter, module, shape }) => {
      if (parameter === 'bias' || (parameter.endsWith('_bias') && kind !== 'buffer')) return 'bias';
      if (kind === 'norm') return 'norm';
      if (shape.length !== 2 || !ROUTERS.has(lastPart(module))) return null;
      return kind === 'other' || (withExperts ??= holdersOfExperts(parameters)).has(parentOf(module)) ? 'router' : null;
    },
  };
}

/** Modules that hold experts: what stands beside these and is called a gate chooses among them. */
function holdersOfExperts(parameters: readonly ParameterInfo[]): ReadonlySet<string> {
  const withExperts: Set<string> = new Set();
  let last = '';
  for (const { name } of parameters) {
    const at = name.indexOf('.experts.');
    const module = at === -1 ? last : name.slice(0, at);
    // Experts of one module stand side by side.
    if (module === last) continue;
    withExperts.add(module);
    last = module;
  }
  return withExperts;
}

const ROUTERS: ReadonlySet<string> = new Set(['gate', 'router', 'wg', 'shared_expert_gate']);

/** By kind and entry: the names of the tensors that an entry's config reaches. */
type Reached = ReadonlyMap<Bystander, ReadonlyMap<number, readonly string[]>>;

const reachedIn: WeakMap<LintContext, Reached> = new WeakMap();

function reachedOf(context: LintContext): Reached {
  let found = reachedIn.get(context);
  if (found === undefined) {
    found = findReached(context);
    reachedIn.set(context, found);
  }
  return found;
}

function findReached({ model }: LintContext): Reached {
  const reached: Map<Bystander, Map<number, string[]>> = new Map();
  const classes = classify(model?.parameters ?? []);
  for (const { parameter, resolution } of model?.decisions.list ?? []) {
    const kind = resolution.outcome === 'config' ? classes.of(parameter) : null;
    if (kind === null) continue;
    const byEntry = reached.get(kind) ?? new Map<number, string[]>();
    reached.set(kind, byEntry);
    const names = byEntry.get(resolution.entry) ?? [];
    byEntry.set(resolution.entry, names);
    names.push(parameter.name);
  }
  return reached;
}

/** One finding for each key whose config reaches such tensors. */
export function reachedBystanders(
  context: LintContext,
  kind: Bystander,
  what: string,
  help: string,
): readonly RuleFinding[] {
  return Array.from(reachedOf(context).get(kind) ?? [], ([entry, names]): RuleFinding => {
    const key = context.keys[entry]?.key ?? '';
    return {
      message: `key ${quote(key)} gives its config to ${names.length} ${what}, such as ${quote(names[0] ?? '')}`,
      entries: [entry],
      tensors: involve(names),
      help,
      cause: bystanderCause(entry, kind),
    };
  });
}

/** A config that cannot take a norm is one cause with the key that reached it. */
export function bystanderCause(entry: number, kind: Bystander): string {
  return `reaches:${entry}:${kind}`;
}
