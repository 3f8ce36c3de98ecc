import { sortNames, type OutputTensor, type SortedNames } from '@fewbit/core';

import { METADATA_KEY } from '../header/parse-header.ts';
import { shown } from '../json/checkpoint-json.ts';
import { needsNoEscape } from '../json/json-length.ts';
import { componentPrefix } from '../torchao/component-names.ts';
import type { TensorPattern } from './tensor-pattern.ts';

const LONE_SURROGATE = /\p{Surrogate}/u;

/** How the components of each tensor are called in the files. */
export interface StoredNames {
  /** A plain tensor's name; of a quantized one what its components' names begin with. A component's name follows. */
  readonly keys: readonly string[];
  /** Whether all names stand in JSON as they are. */
  readonly plainNames: boolean;
  /** Indices of the tensors in the order of their stored names: by code point, as UTF-8 bytes and Python order them. */
  readonly order: Uint32Array;
}

/**
 * Names every component as torchao's flattening does: `MODULE._PARAMETER_COMPONENT`; a plain tensor keeps its name.
 *
 * @param refuse Called with everything that is wrong with the names, a sentence each; does not return if there is any.
 */
export function nameComponents(
  tensors: readonly OutputTensor[],
  patterns: readonly TensorPattern[],
  refuse: (problems: readonly string[]) => void,
): StoredNames {
  const problems: string[] = [];
  const flattened = tensors.some(({ quantizer }) => quantizer !== null);
  const keys: string[] = [];
  /**
   * Names of quantized tensors that stand in the metadata and may begin with another tensor's prefix where their components'
   * do not: those of parameters that begin with an underscore.
   */
  const hiddenKeys: string[] = [];
  let plainNames = true;
  for (const { parameter, quantizer } of tensors) {
    const { name } = parameter;
    const parameterAt = name.lastIndexOf('.') + 1;
    if (flattened && parameterAt === 0) {
      problems.push(`${shown(name)} has no dot, and torchao's loader splits every name at one`);
    }
    if (!needsNoEscape(name)) {
      plainNames = false;
      if (LONE_SURROGATE.test(name)) problems.push(`${shown(name)} is not well-formed Unicode`);
    }
    const problem = patterns[keys.length]?.problem ?? null;
    if (problem !== null) problems.push(`${shown(name)} ${problem}`);
    if (quantizer === null && name === METADATA_KEY) problems.push(`${shown(name)} is reserved by the format`);
    if (quantizer !== null && name.startsWith('_', parameterAt)) hiddenKeys.push(name);
    keys.push(quantizer === null ? name : componentPrefix(name));
  }
  const allKeys = hiddenKeys.length === 0 ? keys : [...keys, ...hiddenKeys];
  const sorted = sortNames(allKeys);
  refuse([...problems, ...sharedNames(tensors), ...prefixCollisions(tensors, allKeys, sorted)]);
  // With no key beginning with another tensor's prefix, the components' names ascend in this order too.
  const { order } = sorted;
  return { keys, plainNames, order: hiddenKeys.length === 0 ? order : order.filter((index) => index < tensors.length) };
}

/** Tensors of one name of which one is quantized and the other is not; two of a kind have one key and are neighbours. */
function sharedNames(tensors: readonly OutputTensor[]): string[] {
  const plain: Set<string> = new Set();
  // Hashing a name out of a header costs more than all else here, and most have a length that no plain name has.
  const lengths: Set<number> = new Set();
  for (const { parameter, quantizer } of tensors) {
    if (quantizer !== null) continue;
    plain.add(parameter.name);
    lengths.add(parameter.name.length);
  }
  return tensors.flatMap(({ parameter: { name }, quantizer }) =>
    quantizer !== null && lengths.has(name.length) && plain.has(name) ? `two tensors are called ${shown(name)}` : [],
  );
}

/**
 * The quantized tensors that torchao's loader would lose without a word, one sentence each.
 *
 * The loader counts every key that begins with `MODULE._PARAMETER_`, be it a stored name or a tensor's own name in the
 * metadata; when there are more than the tensor has components it waits for a part that never comes. So a quantized
 * `experts.gate_up_proj` is lost beside a quantized `experts.gate_up_proj_bias`. In sorted order, whatever begins with a
 * prefix directly follows it.
 */
function prefixCollisions(
  tensors: readonly OutputTensor[],
  keys: readonly string[],
  { order, continues }: SortedNames,
): string[] {
  const problems: string[] = [];
  for (let at = 1; at < order.length; at++) {
    if (continues[at] === 0) continue;
    const index = order[at - 1] ?? 0;
    const next = order[at] ?? 0;
    const key = keys[index] ?? '';
    const nextKey = keys[next] ?? '';
    const tensor = tensors[index];
    if (key === nextKey) problems.push(`two tensors are called ${shown(tensors[next]?.parameter.name ?? key)}`);
    else if (tensor !== undefined && tensor.quantizer !== null) {
      const other = tensors[next]?.parameter.name ?? nextKey;
      problems.push(
        `${shown(tensor.parameter.name)} would be lost beside ${shown(other)}, whose keys begin with ${shown(key)} as its own do`,
      );
    }
  }
  return problems;
}
