import { quote } from '@fewbit/core';
import { firstOfEachKind, parentOf } from '../model/names.ts';
import type { LintContext } from '../context.ts';
import type { RuleFinding } from '../finding.ts';
import type { LintRule } from '../rule.ts';
import { listed } from '../words.ts';

const INT8 = { type: 'Int8WeightOnlyConfig' };
const MODEL = {
  tensors: { 'model.layers.0.self_attn.q_proj.weight': [8, 8], 'model.layers.0.self_attn.k_proj.weight': [8, 8] },
};

export const containerMatched: LintRule = {
  id: 'container-matched',
  severity: 'warning',
  title: 'a pattern also matches modules that only hold others',
  explanation:
    'torchao hands every module that a pattern matches to the config, and the config of a block without a weight raises an AssertionError. What fewbit writes is the same with or without the block; the recipe cannot be applied with torchao.',
  examples: {
    bad: [
      { why: 'everything of the attention, itself included', recipe: { 're:.*self_attn.*': INT8 }, model: MODEL },
      { why: 'the root module too, whose name is empty', recipe: { 're:.*': INT8 }, model: MODEL },
    ],
    good: [
      { why: 'what is in it', recipe: { 're:.*self_attn\\..*': INT8 }, model: MODEL },
      { why: 'a null asks no config', recipe: { 're:.*self_attn.*': null, 're:.*_proj': INT8 }, model: MODEL },
      {
        why: 'a stack of experts has parameters, which are asked first',
        recipe: { 're:.*experts.*': INT8 },
        model: { tensors: { 'layers.0.experts.gate_up_proj': [4, 8, 8] } },
      },
    ],
  },
  check: (context) => {
    const { model, keys } = context;
    // Without such a key there is nothing to ask the containers about.
    if (model === null || !keys.some(({ kind, config }) => kind === 'regex' && config !== null)) return [];
    const found: Map<number, string[]> = new Map();
    for (const name of containersOf(context)) {
      const [first] = model.decisions.matcher.matching(name);
      const key = first === undefined ? undefined : keys[first];
      if (key?.kind !== 'regex' || key.config === null) continue;
      // A key that matches nothing but containers has a finding of its own.
      if (model.uses[key.entry]?.use === 'no-weight') continue;
      const names = found.get(key.entry) ?? [];
      names.push(name);
      found.set(key.entry, names);
    }
    return Array.from(found, ([entry, names]): RuleFinding => {
      const message = `pattern ${quote(keys[entry]?.key ?? '')} also matches modules without a weight, such as ${listed(names)}; torchao raises an AssertionError there`;
      return {
        message,
        entries: [entry],
        help: 'Write it so that it ends in the linear layers, or in "\\.weight".',
        cause: `container:${entry}`,
        ...(context.consumer === 'torchao' && { severity: 'error' }),
      };
    });
  },
};

// Enough for the layers of any model; single experts look alike.
const MOST_OF_A_KIND = 300;
const MOST_LEVELS = 32;

/** Modules that own no parameter, some of each kind. */
function containersOf({ model }: LintContext): readonly string[] {
  const siblings = model?.siblings ?? [];
  const containers: Set<string> = new Set();
  let last: string | null = null;
  for (const { front, family } of siblings) {
    // The root has no parent.
    if (front === last || (front === '' && family.members.every(({ own }) => own === ''))) continue;
    last = front;
    let name = front.slice(0, -1);
    for (let level = 0; level < MOST_LEVELS && !containers.has(name); level += 1) {
      containers.add(name);
      name = parentOf(name);
    }
  }
  // Hashing all modules would cost more than all else here, and most are longer than any container.
  const lengths = new Set(Array.from(containers, ({ length }) => length));
  for (const { front, family } of siblings) {
    for (const { own } of family.members) if (lengths.has(front.length + own.length)) containers.delete(front + own);
  }
  return firstOfEachKind(containers, MOST_OF_A_KIND);
}
