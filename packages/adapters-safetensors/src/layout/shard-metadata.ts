import { jsonEscape, type Escape, type JsonWriter } from '../json/json-writer.ts';
import { pythonString } from '../json/python-json.ts';
import { FORMAT_KEY, TENSOR_NAMES_KEY } from '../torchao/component-names.ts';
import type { TensorPattern } from './tensor-pattern.ts';

/** What a shard's metadata needs of a tensor. */
export interface DescribedTensor {
  readonly name: string;
  readonly pattern: TensorPattern;
}

/** Loaders of PyTorch models expect a file to say so. */
const FORMAT_MEMBER = `"${FORMAT_KEY}":"pt"`;

// The list of names is a JSON text of Python's inside a JSON string.
const nestedEscape: Escape = (text) => jsonEscape(pythonString(text).slice(1, -1));

/** Writes the object of `__metadata__` for a file without quantized tensors. */
export function writePlainMetadata(writer: JsonWriter): void {
  writer.ascii(`{${FORMAT_MEMBER}}`);
}

/**
 * Writes the object of `__metadata__` that describes the given tensors.
 *
 * Each shard describes its own tensors, and the last one those of all shards. torchao's loader wants a description for
 * every name that a file lists, and skips listed tensors that are elsewhere. transformers merges the metadata of all
 * shards in order, so that the last list of names, the complete one, stands.
 */
export function writeTorchaoMetadata(writer: JsonWriter, tensors: readonly DescribedTensor[]): void {
  writer.ascii('{');
  for (const { name, pattern } of tensors) {
    writer.ascii('"');
    writer.text(name, jsonEscape);
    writer.ascii('":');
    writer.raw(pattern.description);
    writer.ascii(',');
  }
  writer.ascii(`"${TENSOR_NAMES_KEY}":"[`);
  for (const { name } of tensors) {
    writer.ascii('\\"');
    writer.text(name, nestedEscape);
    writer.ascii('\\", ');
  }
  if (tensors.length > 0) writer.dropLast(2);
  writer.ascii(`]",${FORMAT_MEMBER}}`);
}
