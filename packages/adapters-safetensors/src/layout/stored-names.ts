import { encodeNames, sortNames, type EncodedNames, type OutputTensor, type SortedNames } from '@fewbit/core';

import { METADATA_KEY } from '../header/parse-header.ts';
import { shown } from '../json/checkpoint-json.ts';
import { componentPrefix } from '../torchao/component-names.ts';
import type { TensorPattern } from './tensor-pattern.ts';

const QUOTE = 0x22;
const DOT = 0x2e;
const BACKSLASH = 0x5c;
const UNDERSCORE = 0x5f;
const FIRST_PRINTABLE = 0x20;
const LAST_PRINTABLE = 0x7e;

const LONE_SURROGATE = /\p{Surrogate}/u;

/** How the components of each tensor are called in the files. */
export interface StoredNames {
  /** As UTF-8: see {@link storedKey}. What follows those of the tensors is of no concern. */
  readonly keys: EncodedNames;
  /** Whether all names stand in JSON as they are, one byte for each character, whoever writes it. */
  readonly plainNames: boolean;
  /** Indices of the tensors in the order of their stored names: by code point, as UTF-8 bytes and Python order them. */
  readonly order: Uint32Array;
}

/** A plain tensor's name; of a quantized one what its components' names begin with. A component's name follows. */
export function storedKey({ parameter: { name }, quantizer }: OutputTensor): string {
  return quantizer === null ? name : componentPrefix(name);
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
  const { keys, plainNames, hidden } = encodeKeys(tensors);
  const sorted = sortNames(keys);
  refuse([
    ...problemsByTensor(tensors, patterns, plainNames),
    ...sharedNames(tensors),
    ...prefixCollisions(tensors, hidden, sorted),
  ]);
  // With no key beginning with another tensor's prefix, the components' names ascend in this order too.
  const { order } = sorted;
  return { keys, plainNames, order: hidden.length === 0 ? order : order.filter((index) => index < tensors.length) };
}

interface Keys {
  readonly keys: EncodedNames;
  readonly plainNames: boolean;
  /**
   * Names of quantized tensors that stand in the metadata and may begin with another tensor's prefix where their components'
   * do not: those of parameters that begin with an underscore. They follow the keys of all tensors.
   */
  readonly hidden: readonly string[];
}

/** As bytes from the start: a hundred thousand strings of their own would cost more than all that is done with them. */
function encodeKeys(tensors: readonly OutputTensor[]): Keys {
  const names = tensors.map(({ parameter }) => parameter.name);
  const { bytes: text, begins: ends } = encodeNames(names);
  const bytes = new Uint8Array(text.length + 2 * tensors.length);
  const begins = new Uint32Array(tensors.length + 1);
  const hidden: string[] = [];
  let plainNames = true;
  let length = 0;
  let at = 0;
  for (let index = 0; index < tensors.length; index++) {
    let parameterBegin = length;
    for (const end = ends[index + 1] ?? 0; at < end; at++) {
      const code = text[at] ?? 0;
      if (code < FIRST_PRINTABLE || code > LAST_PRINTABLE || code === QUOTE || code === BACKSLASH) plainNames = false;
      bytes[length++] = code;
      if (code === DOT) parameterBegin = length;
    }
    if (tensors[index]?.quantizer) {
      if (bytes[parameterBegin] === UNDERSCORE && parameterBegin < length) hidden.push(names[index] ?? '');
      for (let moved = length; moved > parameterBegin; moved--) bytes[moved] = bytes[moved - 1] ?? 0;
      bytes[parameterBegin] = UNDERSCORE;
      bytes[length + 1] = UNDERSCORE;
      length += 2;
    }
    begins[index + 1] = length;
  }
  const keys = { bytes: bytes.subarray(0, length), begins };
  return { keys: hidden.length === 0 ? keys : joined(keys, encodeNames(hidden)), plainNames, hidden };
}

function joined(left: EncodedNames, right: EncodedNames): EncodedNames {
  const bytes = new Uint8Array(left.bytes.length + right.bytes.length);
  bytes.set(left.bytes);
  bytes.set(right.bytes, left.bytes.length);
  const begins = new Uint32Array(left.begins.length + right.begins.length - 1);
  begins.set(left.begins);
  begins.set(
    right.begins.map((begin) => left.bytes.length + begin),
    left.begins.length - 1,
  );
  return { bytes, begins };
}

function problemsByTensor(
  tensors: readonly OutputTensor[],
  patterns: readonly TensorPattern[],
  plainNames: boolean,
): string[] {
  const problems: string[] = [];
  const flattened = tensors.some(({ quantizer }) => quantizer !== null);
  tensors.forEach(({ parameter: { name }, quantizer }, index) => {
    if (flattened && !name.includes('.'))
      problems.push(`${shown(name)} has no dot, and torchao's loader splits every name at one`);
    if (!plainNames && LONE_SURROGATE.test(name)) problems.push(`${shown(name)} is not well-formed Unicode`);
    const problem = patterns[index]?.problem ?? null;
    if (problem !== null) problems.push(`${shown(name)} ${problem}`);
    if (quantizer === null && name === METADATA_KEY) problems.push(`${shown(name)} is reserved by the format`);
  });
  return problems;
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
  hidden: readonly string[],
  { order, continues }: SortedNames,
): string[] {
  const problems: string[] = [];
  const keyOf = (index: number): string => {
    const tensor = tensors[index];
    return tensor === undefined ? (hidden[index - tensors.length] ?? '') : storedKey(tensor);
  };
  for (let at = 1; at < order.length; at++) {
    if (continues[at] === 0) continue;
    const index = order[at - 1] ?? 0;
    const next = order[at] ?? 0;
    const key = keyOf(index);
    const nextKey = keyOf(next);
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
