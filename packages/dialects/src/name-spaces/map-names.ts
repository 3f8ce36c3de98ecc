import type { TensorInfo } from '@fewbit/core';
import { defaultNameSpaceTable } from './default-table.ts';
import { findPattern, parsePattern, type NameMatch, type NamePattern } from './pattern.ts';
import { namesOfFamily, type NameSpace, type NameSpaceTable } from './table.ts';

/** A checkpoint's tensors as another program names them. */
export interface MappedNames {
  readonly space: NameSpace;
  /** One for each tensor, in their order. */
  readonly names: readonly string[];
  /** The same without fusing: what a part would be called if it stood alone. */
  readonly partNames: readonly string[];
  /** The names that several tensors of the checkpoint become together, in order of first appearance. */
  readonly groups: readonly NameGroup[];
  /** Ends of module FQNs that a recipe never reaches in this space. */
  readonly unreachable: readonly NamePattern[];
  /** Ends of module FQNs that a recipe reaches in this space whatever kind they have elsewhere. */
  readonly reachable: readonly NamePattern[];
  /** Why the names may be wrong: the model family is not in the table, so they were left as they are. Null when it is. */
  readonly note: string | null;
}

/** One tensor of the space that is made of several tensors of the checkpoint. */
export interface NameGroup {
  readonly name: string;
  /** Indexes of the tensors, ascending. */
  readonly members: readonly number[];
}

/**
 * Names a checkpoint's tensors as transformers or vLLM names what it makes of them.
 *
 * @param modelType - `model_type` of the checkpoint's `config.json`; null when there is none.
 * @param table - Default: `defaultNameSpaceTable`.
 * @returns Never throws for a name. A family that the table does not know keeps its names, and `note` says so.
 */
export function mapNames(
  tensors: readonly Pick<TensorInfo, 'name'>[],
  space: NameSpace,
  modelType: string | null,
  table: NameSpaceTable = defaultNameSpaceTable,
): MappedNames {
  const given = tensors.map(({ name }) => name);
  const same = { space, names: given, partNames: given, groups: [], unreachable: [], reachable: [] };
  if (space === 'checkpoint') return { ...same, note: null };
  const family = namesOfFamily(table, modelType, space);
  if (family === null) return { ...same, note: unknownFamily(space, modelType) };
  let names: readonly string[] = given;
  let partNames: readonly string[] = given;
  for (const rule of family.rules ?? []) {
    const patterns = rule.from.map(parsePattern);
    const apart = partNames === names;
    names = applyRule(names, patterns, rule.to);
    if (patterns.length === 1) partNames = apart ? names : applyRule(partNames, patterns, rule.to);
  }
  const unreachable = (family.unreachable ?? []).map(parsePattern);
  const reachable = (family.reachable ?? []).map(parsePattern);
  return { space, names, partNames, groups: groupsOf(names), unreachable, reachable, note: null };
}

function unknownFamily(space: NameSpace, modelType: string | null): string {
  const family =
    modelType === null
      ? 'there is no model_type in config.json'
      : `the model_type ${JSON.stringify(modelType)} is not in the table`;
  return `${family}, so the names of ${space} are taken to be those of the checkpoint`;
}

/** The same list where the rule changes nothing. */
function applyRule(names: readonly string[], patterns: readonly NamePattern[], to: string): readonly string[] {
  const [only, ...others] = patterns;
  if (only === undefined) return names;
  if (others.length > 0) return fuse(names, patterns, to);
  let changed: string[] | null = null;
  for (const [index, name] of names.entries()) {
    const match = findPattern(name, only);
    if (match === null) continue;
    changed ??= [...names];
    changed[index] = name.slice(0, match.start) + fill(to, match) + name.slice(match.end);
  }
  return changed ?? names;
}

/** Parts are fused only where all are there: vLLM fuses DeepSeek's two down projections when the model has both. */
function fuse(names: readonly string[], patterns: readonly NamePattern[], to: string): readonly string[] {
  const found: { readonly index: number; readonly whole: string; readonly end: number }[] = [];
  // The name up to the end of what is put in is the same for the parts of one whole, whichever parameters they have.
  const present: Map<string, Set<number>> = new Map();
  for (const [index, name] of names.entries()) {
    for (const [part, pattern] of patterns.entries()) {
      const match = findPattern(name, pattern);
      if (match === null) continue;
      const whole = name.slice(0, match.start) + fill(to, match);
      const parts = present.get(whole);
      if (parts === undefined) present.set(whole, new Set([part]));
      else parts.add(part);
      found.push({ index, whole, end: match.end });
      break;
    }
  }
  if (found.length === 0) return names;
  const changed = [...names];
  for (const { index, whole, end } of found) {
    if (present.get(whole)?.size === patterns.length) changed[index] = whole + (names[index] ?? '').slice(end);
  }
  return changed;
}

function fill(to: string, { indexes }: NameMatch): string {
  if (!to.includes('*')) return to;
  let star = 0;
  return to.replaceAll('*', () => indexes[star++] ?? '*');
}

function groupsOf(names: readonly string[]): readonly NameGroup[] {
  const first: Map<string, number> = new Map();
  const groups: Map<string, number[]> = new Map();
  for (const [index, name] of names.entries()) {
    const before = first.get(name);
    if (before === undefined) {
      first.set(name, index);
      continue;
    }
    const members = groups.get(name);
    if (members === undefined) groups.set(name, [before, index]);
    else members.push(index);
  }
  return Array.from(groups, ([name, members]) => ({ name, members }));
}
