import { quote, type Dialect } from '@fewbit/core';
import { involve, type RuleFinding } from '../finding.ts';
import { bystanderCause, bystanderOf } from '../model/reached.ts';
import type { LintContext } from '../context.ts';
import type { LintRule } from '../rule.ts';

export const consumerFails: LintRule = {
  id: 'consumer-fails',
  severity: 'error',
  title: 'a consumer raises an error on the recipe, or makes something that does not run',
  explanation:
    'Each library has its own code for the same recipe, errors included: torchao raises where two patterns match one parameter, transformers quantizes biases with the weights. Needs dialects; it is an error for the chosen consumer, and a note for the others.',
  // Dialects come from outside of this package, so the examples are in its tests.
  examples: { bad: [], good: [] },
  check: (context) => context.dialects.flatMap((dialect) => failuresIn(dialect, context)),
};

function failuresIn(dialect: Dialect, context: LintContext): readonly RuleFinding[] {
  const reading = context.read(dialect);
  if (reading === null) return [];
  const chosen = context.consumer === dialect.name;
  const grave = chosen ? {} : { severity: 'note' as const };
  const found: RuleFinding[] = [];
  if (reading.failure !== null) {
    const { error, message, at, entries } = reading.failure;
    const what = `${dialect.title} raises ${error} at ${quote(at)}: ${message}`;
    // A block that a pattern matches has been told of by the rule about blocks.
    const cause = error === 'AssertionError' && entries.length === 1 ? { cause: `container:${entries[0] ?? -1}` } : {};
    found.push({ message: what, entries, tensors: involve([at]), ...grave, ...cause });
  }
  const hazards: Map<string, { readonly message: string; readonly entry: number; readonly names: string[] }> =
    new Map();
  for (const { id, message, at, entry } of reading.hazards) {
    const group = hazards.get(`${id}:${entry}`);
    if (group === undefined) hazards.set(`${id}:${entry}`, { message, entry, names: [at] });
    else group.names.push(at);
  }
  for (const { message, entry, names } of hazards.values()) {
    const what = `with ${dialect.title}, at ${quote(names[0] ?? '')}: ${message}`;
    const parameter = context.model?.parameters.find(({ name }) => name === names[0]);
    const bystander = parameter === undefined ? null : bystanderOf(context, parameter);
    const cause = bystander === null ? {} : { cause: bystanderCause(entry, bystander) };
    found.push({ message: what, entries: entry === -1 ? [] : [entry], tensors: involve(names), ...grave, ...cause });
  }
  return found;
}
