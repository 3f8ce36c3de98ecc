import type { TensorInfo } from '@fewbit/core';
import { defaultNameSpaceTable } from './default-table.ts';
import { findPattern, parsePattern, type NamePattern } from './pattern.ts';
import { namesOfFamily, type NameRule, type NameSpace, type NameSpaceTable } from './table.ts';

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
  const same = { space, names: given, partNames: given, groups: [], unreachable: [] };
  if (space === 'checkpoint') return { ...same, note: null };
  const family = namesOfFamily(table, modelType, space);
  if (family === null) return { ...same, note: unknownFamily(space, modelType) };
  const rules = family.rules ?? [];
  const [names, partNames] = [
    applyRules(given, rules),
    applyRules(
      given,
      rules.filter(({ from }) => from.length === 1),
    ),
  ];
  const unreachable = (family.unreachable ?? []).map(parsePattern);
  return { space, names, partNames, groups: groupsOf(names), unreachable, note: null };
}

function unknownFamily(space: NameSpace, modelType: string | null): string {
  const family =
    modelType === null
      ? 'there is no model_type in config.json'
      : `the model_type ${JSON.stringify(modelType)} is not in the table`;
  return `${family}, so the names of ${space} are taken to be those of the checkpoint`;
}

function applyRules(given: readonly string[], rules: readonly NameRule[]): readonly string[] {
  let names = given;
  for (const rule of rules) names = applyRule(names, rule);
  return names;
}

function applyRule(names: readonly string[], rule: NameRule): readonly string[] {
  const patterns = rule.from.map(parsePattern);
  const rewrites = names.map((name) => rewrite(name, patterns, rule.to));
  if (rewrites.every((found) => found === null)) return names;
  if (patterns.length === 1) return names.map((name, index) => rewrites[index]?.name ?? name);

  // Parts are fused only where all are there: vLLM fuses DeepSeek's two down projections when the model has both.
  const present: Map<string, Set<number>> = new Map();
  for (const found of rewrites) {
    if (found === null) continue;
    const parts = present.get(found.whole) ?? new Set();
    present.set(found.whole, parts.add(found.part));
  }
  return names.map((name, index) => {
    const found = rewrites[index];
    if (found === undefined || found === null) return name;
    return present.get(found.whole)?.size === patterns.length ? found.name : name;
  });
}

interface Rewrite {
  readonly name: string;
  /** The name up to the end of what was put in: the same for the parts of one whole, whichever parameters they have. */
  readonly whole: string;
  readonly part: number;
}

function rewrite(name: string, patterns: readonly NamePattern[], to: string): Rewrite | null {
  for (const [part, pattern] of patterns.entries()) {
    const match = findPattern(name, pattern);
    if (match === null) continue;
    let star = 0;
    const put = to.includes('*') ? to.replaceAll('*', () => match.indexes[star++] ?? '*') : to;
    const whole = name.slice(0, match.start) + put;
    return { name: whole + name.slice(match.end), whole, part };
  }
  return null;
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
