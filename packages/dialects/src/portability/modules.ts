import { DEFAULT_KEY, REGEX_PREFIX, type ParameterInfo } from '@fewbit/core';
import type { MappedNames } from '../name-spaces/map-names.ts';
import { PLAIN, type FateNumber } from './fates.ts';
import type { PortableModule } from './forms.ts';

/** What a portable recipe has to say, by module, and what no recipe of exact keys can say. */
export interface PortableModules {
  readonly modules: ReadonlyMap<string, PortableModule>;
  /** Why no key can be written for a parameter, by its place. */
  readonly conflicts: ReadonlyMap<number, string>;
}

interface Growing {
  readonly fqn: string;
  readonly quantized: Map<string, FateNumber>;
  readonly plain: Set<string>;
  moduleKey: FateNumber | null;
}

/**
 * Gathers what each module's parameters should get, under their names in each of the spaces.
 *
 * Where several tensors of the checkpoint become one, they have to get the same.
 */
export function portableModules(
  parameters: readonly ParameterInfo[],
  fates: readonly FateNumber[],
  spaces: readonly MappedNames[],
): PortableModules {
  const modules: Map<string, Growing> = new Map();
  const conflicts: Map<number, string> = new Map();
  for (const mapped of spaces) {
    const torn = tornGroups(mapped, fates, conflicts);
    for (const [index, { kind }] of parameters.entries()) {
      const name = mapped.names[index] ?? '';
      if (kind === 'buffer' || torn.has(name)) continue;
      const [fqn, parameter] = split(name);
      const fate = fates[index] ?? PLAIN;
      if (fate !== PLAIN && !isName(name, fqn)) {
        conflicts.set(index, 'its name reads as another kind of key: no exact key can name it');
        continue;
      }
      if (mapped.space === 'vllm') {
        if (parameter === 'weight' && fate !== PLAIN) growing(modules, fqn).moduleKey = fate;
      } else note(growing(modules, fqn), parameter, fate);
    }
  }
  for (const [fqn, { quantized, moduleKey }] of modules) {
    if (quantized.size === 0 && moduleKey === null) modules.delete(fqn);
  }
  return {
    modules: new Map(Array.from(modules, ([fqn, module]) => [fqn, { ...module, plain: [...module.plain] }])),
    conflicts,
  };
}

/** The names of fused or stacked tensors whose parts should get different things. */
function tornGroups(
  { groups, space }: MappedNames,
  fates: readonly FateNumber[],
  conflicts: Map<number, string>,
): ReadonlySet<string> {
  const torn: Set<string> = new Set();
  for (const { name, members } of groups) {
    const [first = -1] = members;
    if (members.every((member) => fates[member] === fates[first])) continue;
    torn.add(name);
    // Without the layer's number, so that the reason is the same in all layers.
    const own = name.split('.').slice(-2).join('.');
    const why = `in ${space} it is a part of one tensor, ${own}, whose parts get different things from the recipe`;
    for (const member of members) conflicts.set(member, why);
  }
  return torn;
}

function note({ quantized, plain }: Growing, parameter: string, fate: FateNumber): void {
  if (fate !== PLAIN) quantized.set(parameter, fate);
  else if (!quantized.has(parameter)) plain.add(parameter);
}

function growing(modules: Map<string, Growing>, fqn: string): Growing {
  const found = modules.get(fqn) ?? { fqn, quantized: new Map(), plain: new Set(), moduleKey: null };
  modules.set(fqn, found);
  return found;
}

function isName(name: string, module: string): boolean {
  return [name, module].every((text) => text !== DEFAULT_KEY && !text.startsWith(REGEX_PREFIX));
}

function split(name: string): readonly [string, string] {
  const dot = name.lastIndexOf('.');
  return [name.slice(0, Math.max(0, dot)), name.slice(dot + 1)];
}
