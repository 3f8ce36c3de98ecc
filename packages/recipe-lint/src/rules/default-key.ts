import { createMatcher, quote, REGEX_PREFIX } from '@fewbit/core';
import { escape } from '@fewbit/python-re';
import { isNumber, lastPart, parentOf, templateOf } from '../model/names.ts';
import type { LintContext } from '../context.ts';
import type { Fix, RuleFinding } from '../finding.ts';
import type { LintRule } from '../rule.ts';

const INT8 = { type: 'Int8WeightOnlyConfig' };
const MODEL = {
  tensors: {
    'model.embed_tokens.weight': [32, 8],
    'model.layers.0.q_proj.weight': [8, 8],
    'model.layers.0.k_proj.weight': [8, 8],
    'model.layers.1.q_proj.weight': [8, 8],
    'model.layers.1.k_proj.weight': [8, 8],
    'lm_head.weight': [32, 8],
  },
};

export const defaultKey: LintRule = {
  id: 'default-key',
  severity: 'warning',
  title: '"_default" is deprecated',
  explanation:
    'torchao has announced the end of "_default", and readers differ on what it reaches: torchao takes linear layers only, transformers also takes their biases and passes over the output head. Patterns for the layers that it decides say the same and stay valid.',
  examples: {
    bad: [
      {
        why: 'with a checkpoint, its layers can be named',
        recipe: { lm_head: null, _default: INT8 },
        model: MODEL,
        fixed: { lm_head: null, 're:model\\.layers\\.\\d+\\.(?:k_proj|q_proj)': INT8 },
      },
      { why: 'without one, only said', recipe: { _default: INT8 } },
      { why: 'a null has nothing to say', recipe: { _default: null, lm_head: INT8 }, fixed: { lm_head: INT8 } },
    ],
    good: [{ why: 'named', recipe: { 're:model\\.layers\\.\\d+\\.[qk]_proj': INT8 }, model: MODEL }],
  },
  check: (context) =>
    context.keys
      .filter(({ kind }) => kind === 'default')
      .map(({ entry, config }): RuleFinding => {
        const message = 'torchao has deprecated "_default"';
        if (config === null) {
          const help = 'A null says what is so anyway: what no key matches is left alone.';
          const fix = { title: 'remove "_default"', edits: [{ kind: 'remove' as const, entry }] };
          return { message, entries: [entry], help, ...(context.keys.length > 1 && { fix }) };
        }
        const fix = expansion(entry, context);
        const help =
          fix === null
            ? 'Write patterns for the linear layers.'
            : `It is the same as ${fix.edits.length === 1 ? 'a pattern' : 'patterns'} for the layers that it decides.`;
        return { message, entries: [entry], help, ...(fix !== null && { fix }) };
      }),
};

// More patterns than this are no easier to read than the default.
const MOST_PATTERNS = 40;

/** Patterns that decide what the default decides, and nothing else; null where they would change a tensor's config. */
function expansion(entry: number, { model, keys, pythonVersion }: LintContext): Fix | null {
  const config = keys[entry]?.config ?? null;
  if (model === null) return null;
  const modules = (model.decided[entry] ?? []).flatMap((index) => model.decisions.list[index]?.parameter.module ?? []);
  const patterns = patternsFor(modules);
  if (patterns.length === 0 || patterns.length > MOST_PATTERNS) return null;
  if (patterns.some((pattern) => keys.some(({ key }) => key === pattern))) return null;
  // They go to the end, so the other patterns are still asked before them, except those of a lower tier.
  const matcher = createMatcher(
    patterns.map((key) => ({ key, config })),
    pythonVersion === undefined ? {} : { pythonVersion },
  );
  const same = model.decisions.list.every(({ parameter, resolution: { tier, entry: decided } }) => {
    if (tier === 'parameter' || tier === 'module' || tier === 'parameter-regex') return true;
    const now = matcher.resolve(parameter);
    if (tier === 'module-regex') return now.tier !== 'parameter-regex';
    return (now.outcome === 'config') === (decided === entry);
  });
  if (!same) return null;
  return {
    title: `write ${patterns.map((key) => quote(key)).join(', ')}`,
    edits: [
      { kind: 'remove', entry },
      ...patterns.map((key) => ({ kind: 'insert' as const, before: null, key, config })),
    ],
  };
}

/** One pattern for each parent of modules, numbers left open: `re:model\.layers\.\d+\.mlp\.(?:down_proj|up_proj)`. */
function patternsFor(modules: readonly string[]): readonly string[] {
  const groups: Map<string, Set<string>> = new Map();
  for (const module of modules) {
    const parent = templateOf(parentOf(module));
    groups.set(parent, (groups.get(parent) ?? new Set()).add(lastPart(module)));
  }
  return Array.from(groups, ([parent, names]) => {
    const start =
      parent === ''
        ? ''
        : `${parent
            .split('.')
            .map((part) => (part === '#' ? '\\d+' : escape(part)))
            .join('\\.')}\\.`;
    const numbers = [...names].every(isNumber);
    const ends = [...names].sort().map((name) => escape(name));
    const end = numbers ? '\\d+' : ends.length === 1 ? (ends[0] ?? '') : `(?:${ends.join('|')})`;
    return `${REGEX_PREFIX}${start}${end}`;
  });
}
