import { compareCodePoints, type ParameterInfo } from '@fewbit/core';
import type { ForeignFormat, ForeignRecipe } from '../contract.ts';
import { ALL, exact, regex, type NamePattern } from '../pattern/name-pattern.ts';
import {
  compilePatterns,
  gatherFindings,
  readJsonRecipe,
  type Findings,
  type PlacedPattern,
  type PlacedString,
} from '../problems.ts';
import { isLinearWeight, type Origin, type Rule, type RuleList } from '../rules.ts';
import type { Scheme } from '../scheme/scheme.ts';
import { adaptToCompressedTensors } from './args.ts';
import { findGroups, type TargetGroup } from './groups.ts';
import { writeCompressedTensors } from './write.ts';

/**
 * compressed-tensors' `config_groups` and `ignore`, from a `config.json` or from the fields of llm-compressor's modifiers.
 *
 * A target is a module's name, `re:` and a pattern that is tried at the start of the name, or the name of a class. Of the
 * targets that match, names come first, then patterns in the order of their text, then classes. `ignore` is matched
 * alike, and wins. Only linear modules are quantized.
 */
export const compressedTensors: ForeignFormat = {
  name: 'compressed-tensors',
  title: 'compressed-tensors (main, 2026), llm-compressor (config_groups, ignore)',
  read: (text) => readCompressedTensors(text),
  adapt: (scheme) => adaptToCompressedTensors(scheme),
  write: (list) => writeCompressedTensors(list),
};

/** Of PyTorch's own linear layer. */
const CLASSES: readonly string[] = ['Linear', 'Module'];

interface Target extends PlacedString {
  readonly scheme: Scheme | null;
}

function readCompressedTensors(text: string): ForeignRecipe {
  const { root, problems } = readJsonRecipe(text);
  const findings = gatherFindings();
  const { groups, ignore } = findGroups(root, problems, findings);
  const targets = targetsOf(groups);
  const placed = ({ text: name, origin }: PlacedString): PlacedPattern => ({ pattern: nameOf(name), origin });
  const byName = targets.filter(({ text: name }) => !CLASSES.includes(name));
  const named = compilePatterns(byName.map(placed), problems);
  const ignored = compilePatterns(ignore.map(placed), problems);
  problems.check();
  for (const { text: name, origin } of [...targets, ...ignore]) noteClass(name, origin, findings);

  const ignoresAll = ignore.some(({ text: name }) => CLASSES.includes(name));
  const byClass = targets.find(({ text: name }) => CLASSES.includes(name));
  function select(parameter: ParameterInfo): Scheme | null {
    if (!isLinearWeight(parameter)) return null;
    const { module } = parameter;
    if (ignoresAll || ignored.first(module) !== -1) return null;
    return (byName[named.first(module)] ?? byClass)?.scheme ?? null;
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
  // A module that is called like a class is nothing that a model has.
  const patternOf = (name: string): NamePattern => (CLASSES.includes(name) ? ALL : nameOf(name));
  const skip = ignore.map(({ text, origin }): Rule => ({ pattern: patternOf(text), scheme: null, origin }));
  const rules = targets.map(({ text, scheme, origin }): Rule => ({ pattern: patternOf(text), scheme, origin }));
  const named = rules.filter(({ pattern }) => pattern.form !== 'all');
  const byClass = rules.filter(({ pattern }) => pattern.form === 'all');
  return { rules: [...skip, ...named, ...byClass], fallback: null };
}

// Names of modules are lower-case but for a few; names of classes begin with a capital and have no dots.
function noteClass(name: string, origin: Origin, findings: Findings): void {
  if (!/^[A-Z][A-Za-z0-9]*$/.test(name) || CLASSES.includes(name)) return;
  const message = `${name} looks like the name of a class; which modules are of it cannot be told from a checkpoint, and "Linear" is the one class that is understood`;
  findings.add('loss', 'class-unknown', message, origin);
}
