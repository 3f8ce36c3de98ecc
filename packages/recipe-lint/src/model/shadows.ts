import { createMatcher, sameConfig } from '@fewbit/core';
import { compile, includes, PythonReError } from '@fewbit/python-re';
import type { LintContext, LintKey } from '../context.ts';
import { exampleOf } from './example.ts';

/** A key that never decides anything, and those that decide in its place. */
export interface Shadow {
  readonly key: LintKey;
  readonly by: readonly LintKey[];
  /** True when one of them matches every name that the key matches, in any model. */
  readonly always: boolean;
  /** True when the keys that decide give what it would give. */
  readonly same: boolean;
}

const known: WeakMap<LintContext, readonly Shadow[]> = new WeakMap();

/** The keys that never decide: on the model's names, or without a model on all names, where automata can tell. */
export function shadowsOf(context: LintContext): readonly Shadow[] {
  let found = known.get(context);
  if (found === undefined) {
    found = context.model === null ? shadowsInPrinciple(context) : shadowsOnModel(context);
    known.set(context, found);
  }
  return found;
}

// Each takes well below a millisecond, most of them far less.
const MOST_COMPARED = 200;
// On a model it is known what decides; whether it would on all names is an aside.
const MOST_COMPARED_ON_MODEL = 40;
// Finding what else matches an example takes a search among all patterns.
const MOST_EXAMPLES = 1_000;
const WORK_OF_ONE = 20_000;

function shadowsOnModel(context: LintContext): readonly Shadow[] {
  const { keys, model } = context;
  let compared = 0;
  return (model?.uses ?? []).flatMap((use): Shadow[] => {
    const key = keys[use.entry];
    if (use.use !== 'shadowed' || key === undefined) return [];
    const by = use.shadowedBy.flatMap((entry) => keys[entry] ?? []);
    if (isPortableForm(key, by)) return [];
    // Each pattern that is tried is compiled, so no key beyond the bound may be.
    const tried = by.slice(0, Math.max(0, MOST_COMPARED_ON_MODEL - compared));
    const example = tried.length === 0 ? null : nameOf(key);
    const always = tried.some((other) => {
      compared += 1;
      return matches(other, example) && covers(other, key) === 'yes';
    });
    return [{ key, by, always, same: by.every((other) => sameConfig(other.config, key.config)) }];
  });
}

/** A name that the key's pattern matches; null where none is easily told. */
function nameOf({ pattern }: LintKey): string | null {
  const example = pattern === null ? null : exampleOf(pattern);
  return example !== null && names.testFullmatch(example) ? example : null;
}

/** False when the key's pattern does not match the text, which takes less time to find out than whether it covers another. */
function matches({ pattern }: LintKey, text: string | null): boolean {
  try {
    return text === null || pattern === null || pattern.testFullmatch(text);
  } catch (error) {
    if (error instanceof PythonReError) return true;
    throw error;
  }
}

/** A pattern that holds all names of another one matches any example of it, so few pairs have to be compared. */
function shadowsInPrinciple({ keys, cutShort, pythonVersion }: LintContext): readonly Shadow[] {
  const patterns = keys.filter(({ kind }) => kind === 'regex');
  const matcher = createMatcher(patterns, pythonVersion === undefined ? {} : { pythonVersion });
  let compared = 0;
  let left = 0;
  const shadows = patterns.slice(0, MOST_EXAMPLES).flatMap((key, at): Shadow[] => {
    const example = nameOf(key);
    if (example === null) return [];
    for (const index of matcher.matching(example)) {
      const other = patterns[index];
      if (index >= at || other === undefined) break;
      if (compared++ >= MOST_COMPARED) left += 1;
      else if (covers(other, key) === 'yes' && !isPortableForm(key, [other])) {
        return [{ key, by: [other], always: true, same: sameConfig(other.config, key.config) }];
      }
    }
    return [];
  });
  if (patterns.length > MOST_EXAMPLES)
    cutShort(
      `only the first ${MOST_EXAMPLES} of ${patterns.length} patterns were compared; a checkpoint decides them all`,
    );
  if (left > 0) cutShort(`${left} pairs of patterns were not compared; a checkpoint decides them all`);
  return shadows;
}

/** Whether the first pattern, which comes first, matches all names that the second one matches. */
function covers(first: LintKey, second: LintKey): 'yes' | 'no' | 'undecided' {
  if (first.pattern === null || second.pattern === null || first.entry > second.entry) return 'no';
  return includes(first.pattern, second.pattern, { among: names, work: WORK_OF_ONE }).answer;
}

/** What modules and parameters can be called: components that are not empty, joined by dots. */
const names = compile('[^.]+(?:\\.[^.]+)*');

/**
 * A key for a module beside one for its weight with the same config: torchao and transformers read the one, vLLM the
 * other. It is how a recipe is written that all of them read alike.
 */
function isPortableForm(key: LintKey, by: readonly LintKey[]): boolean {
  return by.every((other) => namesWeightOf(other, key) && sameConfig(other.config, key.config));
}

function namesWeightOf(parameter: LintKey, module: LintKey): boolean {
  if (parameter.kind !== module.kind) return false;
  const dot = module.kind === 'regex' ? ['\\.weight', '.weight', '\\.(?:weight|bias)'] : ['.weight'];
  return dot.some((end) => parameter.key === `${module.key}${end}`);
}
