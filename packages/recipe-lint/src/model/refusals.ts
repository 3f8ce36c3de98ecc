import { isJsonObject, quote, type Config, type Decision, type JsonValue } from '@fewbit/core';
import type { LintContext } from '../context.ts';
import { involve, type RuleFinding } from '../finding.ts';
import { bystanderCause, bystanderOf } from './reached.ts';

/** Tensors that a key's config reaches and does not take, for one reason. */
export interface RefusedGroup {
  readonly entry: number;
  readonly config: Config;
  readonly verdict: 'leave' | 'error';
  readonly reason: string;
  readonly hint: string | undefined;
  readonly decisions: readonly Decision[];
  /** Elements of one group of the config, where it has groups. */
  readonly groupSize: number | null;
  readonly kind: 'groups' | 'experts' | 'other';
  readonly cause: string | undefined;
}

const known: WeakMap<LintContext, readonly RefusedGroup[]> = new WeakMap();

export function refusedGroups(context: LintContext): readonly RefusedGroup[] {
  let found = known.get(context);
  if (found === undefined) {
    found = findRefused(context);
    known.set(context, found);
  }
  return found;
}

function findRefused(context: LintContext): readonly RefusedGroup[] {
  const { keys, model } = context;
  const groups: Map<string, Decision[]> = new Map();
  for (const decision of model?.decisions.list ?? []) {
    const { refusal, resolution, parameter } = decision;
    if (refusal === null) continue;
    const kind = bystanderOf(context, parameter) ?? parameter.kind;
    // The extent is part of the reason; groups that do not divide are one mistake, whatever they do not divide.
    const reason = dividesNot(decision, keys[resolution.entry]?.config ?? null) ? '' : refusal.reason;
    const identity = JSON.stringify([
      resolution.entry,
      refusal.verdict,
      reason,
      kind === 'experts',
      kind === 'norm',
      kind === 'bias',
    ]);
    const group = groups.get(identity);
    if (group === undefined) groups.set(identity, [decision]);
    else group.push(decision);
  }
  return [...groups.values()].flatMap((decisions): readonly RefusedGroup[] => {
    const [first] = decisions;
    const config = keys[first?.resolution.entry ?? -1]?.config ?? null;
    const refusal = first?.refusal ?? null;
    if (first === undefined || config === null || refusal === null) return [];
    const { entry } = first.resolution;
    const bystander = bystanderOf(context, first.parameter);
    const groupSize = groupSizeOf(config.toFields());
    const kind = dividesNot(first, config) ? 'groups' : first.parameter.kind === 'experts' ? 'experts' : 'other';
    const cause = bystander === null ? undefined : bystanderCause(entry, bystander);
    return [{ ...refusal, entry, config, decisions, groupSize, kind, cause }];
  });
}

/** The finding of one group, with advice. */
export function refusalFinding(group: RefusedGroup, message: string, help: string | undefined): RuleFinding {
  return {
    message,
    entries: [group.entry],
    tensors: involve(group.decisions.map(({ parameter }) => parameter.name)),
    ...(help !== undefined && { help }),
    ...(group.cause !== undefined && { cause: group.cause }),
    ...(group.verdict === 'leave' && { severity: 'warning' as const }),
  };
}

export function reachedBy(group: RefusedGroup, context: LintContext): string {
  return `${group.config.type} of key ${quote(context.keys[group.entry]?.key ?? '')}`;
}

/** Whether the config has groups that do not divide the tensor's last dimension. */
function dividesNot({ parameter: { shape }, refusal }: Decision, config: Config | null): boolean {
  const size = config === null ? null : groupSizeOf(config.toFields());
  const extent = shape.at(-1);
  return refusal !== null && size !== null && extent !== undefined && shape.length > 1 && extent % size !== 0;
}

/** `group_size` of a config, of its own or in a granularity, as torchao's configs write it. */
function groupSizeOf(value: JsonValue): number | null {
  if (!isJsonObject(value)) return null;
  for (const [name, member] of Object.entries(value)) {
    if (name === 'group_size' && typeof member === 'number') return member;
    const inner = groupSizeOf(member);
    if (inner !== null) return inner;
  }
  return null;
}
