import { isJsonObject, type JsonObject } from '@fewbit/core';

import type { FindingGroups } from './finding-groups.ts';
import {
  booleanMember,
  extentsMember,
  integerMember,
  member,
  objectMember,
  stringMember,
  stringsMember,
  type QuantizationConfig,
} from './quantization-config.ts';
import { compressedTensorsMatcher, type ClassName, type TargetMatcher } from './skip-lists.ts';

/** `weights` or `input_activations` of a config group. */
export interface QuantizationArgs {
  readonly bits: number | null;
  readonly type: 'int' | 'float';
  /** `tensor`, `channel`, `group`, `tensor_group`, `block`, `token`. */
  readonly strategy: string | null;
  readonly groupSize: number | null;
  readonly blockStructure: readonly number[] | null;
  readonly symmetric: boolean;
  readonly actorder: string | null;
  /** `local`: the scales of groups are found while running, that of the tensor is stored. */
  readonly dynamic: boolean | 'local';
}

export interface ConfigGroup {
  readonly name: string;
  readonly format: string | null;
  readonly weights: QuantizationArgs | null;
  readonly activations: QuantizationArgs | null;
  readonly matches: TargetMatcher;
}

export interface CompressedTensorsConfig {
  readonly groups: readonly ConfigGroup[];
  readonly ignore: TargetMatcher;
  /** The first group that has the module among its targets, and which target; null for an ignored or untargeted one. */
  readonly groupOf: (module: string, className: ClassName) => ConfigGroup | null;
}

export function compressedTensorsConfig(
  quantization: QuantizationConfig | null,
  findings: FindingGroups,
): CompressedTensorsConfig {
  const fields = quantization?.fields ?? {};
  const groups = Object.entries(objectMember(fields, 'config_groups') ?? {}).flatMap(([name, group]) =>
    isJsonObject(group) ? [groupOf(name, group, findings)] : [],
  );
  const ignore = compressedTensorsMatcher(stringsMember(fields, 'ignore') ?? [], 'ignore', findings);
  return {
    groups,
    ignore,
    groupOf: (module, className) =>
      ignore(module, className) === null
        ? (groups.find((group) => group.matches(module, className) !== null) ?? null)
        : null,
  };
}

function groupOf(name: string, group: JsonObject, findings: FindingGroups): ConfigGroup {
  const weights = argsOf(objectMember(group, 'weights'));
  if (weights?.actorder === 'group') {
    const what = '"actorder" is "group", which compressed-tensors 0.20 refuses; older versions load it';
    findings.add({ id: 'config-version', severity: 'warning', what }, name);
  }
  return {
    name,
    format: stringMember(group, 'format'),
    weights,
    activations: argsOf(objectMember(group, 'input_activations')),
    matches: compressedTensorsMatcher(stringsMember(group, 'targets') ?? [], `${name}.targets`, findings),
  };
}

function argsOf(args: JsonObject | null): QuantizationArgs | null {
  if (args === null) return null;
  const dynamic = member(args, 'dynamic');
  const bits = integerMember(args, 'num_bits');
  const groupSize = integerMember(args, 'group_size');
  return {
    bits: bits !== null && bits >= 1 && bits <= 16 ? bits : null,
    type: stringMember(args, 'type') === 'float' ? 'float' : 'int',
    strategy: stringMember(args, 'strategy') ?? (groupSize === null || groupSize <= 0 ? null : 'group'),
    groupSize: groupSize !== null && groupSize > 0 ? groupSize : null,
    blockStructure: extentsMember(args, 'block_structure'),
    symmetric: booleanMember(args, 'symmetric') ?? true,
    actorder: stringMember(args, 'actorder'),
    dynamic: dynamic === 'local' ? 'local' : dynamic === true,
  };
}

/** `int8, dynamic, per token`. */
export function activationWords(args: QuantizationArgs | null): string | null {
  if (args === null) return null;
  const { bits, type, dynamic, strategy, groupSize } = args;
  const when = dynamic === 'local' ? 'dynamic in groups' : dynamic ? 'dynamic' : 'static';
  const sharing =
    groupSize !== null ? `groups of ${groupSize}` : strategy === null ? null : `per ${strategy.slice(0, 40)}`;
  return [`${type}${bits ?? '?'}`, when, ...(sharing === null ? [] : [sharing])].join(', ');
}
