import type { OutputTensor } from '@fewbit/core';

import { pythonJson, pythonString } from '../json/python-json.ts';
import { FORMAT_KEY, PLAIN_TYPE, TENSOR_NAMES_KEY } from '../torchao/component-names.ts';

/** Loaders of PyTorch models refuse a file that does not say so. */
const FORMAT_MEMBER = `"${FORMAT_KEY}":"pt"`;

const PLAIN_TEXT = JSON.stringify(`{"_type": "${PLAIN_TYPE}"}`);

/**
 * The members of `__metadata__`, as JSON text, for each shard.
 *
 * Each shard describes its own tensors, and the last one those of all shards. torchao's loader wants a description for
 * every name that a file lists, and skips listed tensors that are elsewhere. transformers merges the metadata of all
 * shards in order, so that the last list of names, the complete one, stands.
 *
 * A checkpoint without quantized tensors gets the format alone.
 */
export function shardMetadata(
  tensors: readonly OutputTensor[],
  shards: readonly (readonly number[])[],
): readonly (readonly string[])[] {
  if (!tensors.some(({ quantized }) => quantized !== null)) return shards.map(() => [FORMAT_MEMBER]);
  const descriptions = tensors.map((tensor) => `${JSON.stringify(tensor.name)}:${describe(tensor)}`);
  const names = tensors.map(({ name }) => pythonString(name));
  const all = tensors.map((_, index) => index);
  return shards.map((shard, position) => {
    const described = position === shards.length - 1 ? all : shard;
    const members = described.map((index) => descriptions[index] ?? '');
    const list = `[${described.map((index) => names[index] ?? '').join(', ')}]`;
    members.push(`"${TENSOR_NAMES_KEY}":${JSON.stringify(list)}`, FORMAT_MEMBER);
    return members;
  });
}

/** The metadata text of one tensor, as a JSON string. */
function describe({ quantized, components }: OutputTensor): string {
  if (quantized === null) return PLAIN_TEXT;
  const { tensorClass, attributes } = quantized;
  const componentNames = components.map(({ name }) => name);
  return JSON.stringify(pythonJson({ _type: tensorClass, _data: attributes, _tensor_data_names: componentNames }));
}
