import { compareCodePoints, type ParameterInfo } from '@fewbit/core';
import type { ForeignFormat, ForeignRecipe, ReadOptions } from '../contract.ts';
import { ALL, exact, regex, type NamePattern } from '../pattern/name-pattern.ts';
import { compilePatterns, readJsonRecipe, type PlacedPattern, type PlacedString } from '../problems.ts';
import { gatherFindings, type Findings } from '../findings.ts';
import type { Rule, RuleList } from '../rules.ts';
import type { Origin } from '../origin.ts';
import type { Scheme } from '../scheme/scheme.ts';
import { adaptToCompressedTensors } from './args.ts';
import { findGroups, type TargetGroup } from './groups.ts';
import { writeCompressedTensors } from './write.ts';

/**
 * compressed-tensors' `config_groups` and `ignore`, from a `config.json` or from the fields of llm-compressor's modifiers.
 *
 * A target is a module's name, `re:` and a pattern that is tried at the start of the name, or the name of a class. Of the
 * targets that match, names come first, then patterns in the order of their text, then classes. `ignore` is matched
 * alike, and wins. Linear modules and embeddings are quantized.
 */
export const compressedTensors: ForeignFormat = {
  name: 'compressed-tensors',
  title: 'compressed-tensors (0.20), llm-compressor (config_groups, ignore)',
  read: (text, options) => readCompressedTensors(text, options),
  adapt: (scheme) => adaptToCompressedTensors(scheme),
  write: (list, options) => writeCompressedTensors(list, options),
};

type Quantizable = 'linear' | 'embedding';

/** PyTorch's own classes, of those that are quantized. */
const CLASSES: ReadonlyMap<string, readonly Quantizable[]> = new Map<string, readonly Quantizable[]>([
  ['Embedding', ['embedding']],
  ['Linear', ['linear']],
  ['Module', ['linear', 'embedding']],
]);

interface Target extends PlacedString {
  readonly scheme: Scheme | null;
}

function readCompressedTensors(text: string, options: ReadOptions = {}): ForeignRecipe {
  const { root, problems } = readJsonRecipe(text);
  const findings = gatherFindings();
  const { groups, ignore } = findGroups(root, problems, findings);
  const targets = targetsOf(groups);
  const placed = ({ text: name, origin }: PlacedString): PlacedPattern => ({ pattern: nameOf(name), origin });
  const byName = targets.filter(({ text: name }) => !CLASSES.has(name));
  const named = compilePatterns(byName.map(placed), problems);
  const ignored = compilePatterns(ignore.map(placed), problems);
  problems.check();
  for (const { text: name, origin } of [...targets, ...ignore]) noteClass(name, origin, findings);
  if (options.parameters === undefined) noteEmbeddings(targets, ignore, findings);

  function select({ kind, parameter, module }: ParameterInfo): Scheme | null {
    if (parameter !== 'weight' || (kind !== 'linear' && kind !== 'embedding')) return null;
    const isOfClass = ({ text: name }: PlacedString): boolean => CLASSES.get(name)?.includes(kind) === true;
    if (ignore.some(isOfClass) || ignored.first(module) !== -1) return null;
    return (byName[named.first(module)] ?? targets.find(isOfClass))?.scheme ?? null;
  }
  return { select, rules: rulesOf(targets, ignore), findings: findings.list };
}

// A target that stands in two groups belongs to the later one.
function targetsOf(groups: readonly TargetGroup[]): readonly Target[] {
  const byText: Map<string, Target> = new Map();
  for (const { scheme, targets } of groups) {
    for (const target of targets) {
      byText.set(target.text, { text: target.text, origin: target.origin, scheme });
    }
  }
  const late = ({ text }: Target): number => Number(text.includes('re:'));
  return [...byText.values()].sort(
    (left, right) => late(left) - late(right) || compareCodePoints(left.text, right.text),
  );
}

function nameOf(target: string): NamePattern {
  return target.startsWith('re:') ? regex(target.slice(3), 'match') : exact(target);
}

function rulesOf(targets: readonly Target[], ignore: readonly PlacedString[]): RuleList {
  const skip = ignore.flatMap(({ text, origin }): readonly Rule[] =>
    patternsOf(text).map((pattern) => ({ pattern, scheme: null, origin })),
  );
  const rules = targets.flatMap(({ text, scheme, origin }): readonly Rule[] =>
    patternsOf(text).map((pattern) => ({ pattern, scheme, origin })),
  );
  const named = rules.filter(({ pattern }) => pattern.form !== 'all');
  const byClass = rules.filter(({ pattern }) => pattern.form === 'all');
  return { rules: [...skip, ...named, ...byClass], fallback: null };
}

// A module that is called like a class is nothing that a model has, and which modules are embeddings no pattern says.
function patternsOf(target: string): readonly NamePattern[] {
  const kinds = CLASSES.get(target);
  if (kinds === undefined) return [nameOf(target)];
  return kinds.includes('linear') ? [ALL] : [];
}

// A key cannot tell a linear module from an embedding, and the classes can.
function noteEmbeddings(targets: readonly PlacedString[], ignore: readonly PlacedString[], findings: Findings): void {
  const message = 'which modules are embeddings only the checkpoint shows';
  for (const { text, origin } of [...targets, ...ignore]) {
    if (CLASSES.get(text)?.includes('embedding') === true) findings.add('loss', 'embeddings', message, origin);
  }
  for (const { text, origin } of ignore) {
    if (text === 'Linear') findings.add('loss', 'embeddings', message, origin);
  }
}

// Names of modules are lower-case but for a few; names of classes begin with a capital and have no dots.
function noteClass(name: string, origin: Origin, findings: Findings): void {
  if (!/^[A-Z][A-Za-z0-9]*$/.test(name) || CLASSES.has(name)) return;
  const message = `${name} looks like the name of a class; which modules are of it cannot be told from a checkpoint; "Linear", "Embedding" and "Module" are understood`;
  findings.add('loss', 'class-unknown', message, origin);
}
