import { jsonEscape, type Escape, type JsonOutput } from '../json/json-writer.ts';
import { pythonString } from '../json/python-json.ts';
import { FORMAT_KEY, TENSOR_NAMES_KEY } from '../torchao/component-names.ts';
import type { LayoutTable } from './layout-table.ts';

/** Loaders of PyTorch models expect a file to say so. */
const FORMAT_MEMBER = `"${FORMAT_KEY}":"pt"`;

/** A name of 60 characters with its description, and again in the list of names. */
const EXPECTED_NAME_BYTES = 160;

// The list of names is a JSON text of Python's inside a JSON string.
const nestedEscape: Escape = (text) => jsonEscape(pythonString(text).slice(1, -1));

/**
 * Writes the object of `__metadata__`: that of the format alone where no tensor is quantized, else with the descriptions
 * of the given tensors, in torchao's form.
 */
export function writeMetadata(
  writer: JsonOutput,
  { tensors, patterns, flattened }: LayoutTable,
  described: readonly number[],
): void {
  if (!flattened) {
    writer.ascii(`{${FORMAT_MEMBER}}`);
    return;
  }
  writer.ascii('{');
  // Where each name stands, to be repeated in the list; 0 for one that looks different there.
  const nameAt = new Uint32Array(described.length);
  described.forEach((tensor, at) => {
    const pattern = patterns[tensor];
    if (pattern === undefined) return;
    writer.ascii('"');
    const begin = writer.byteLength;
    if (writer.text(tensors[tensor]?.parameter.name ?? '', jsonEscape)) nameAt[at] = begin;
    writer.raw(pattern.description);
  });
  writer.ascii(`"${TENSOR_NAMES_KEY}":"[`);
  described.forEach((tensor, at) => {
    const name = tensors[tensor]?.parameter.name ?? '';
    const begin = nameAt[at] ?? 0;
    writer.ascii('\\"');
    if (begin > 0) writer.repeat(begin, begin + name.length);
    else writer.text(name, nestedEscape);
    writer.ascii('\\", ');
  });
  if (described.length > 0) writer.dropLast(', '.length);
  writer.ascii(`]",${FORMAT_MEMBER}}`);
}

export function expectedMetadataBytes({ patterns, flattened }: LayoutTable, described: readonly number[]): number {
  let bytes = 1024;
  if (flattened)
    for (const tensor of described) bytes += EXPECTED_NAME_BYTES + (patterns[tensor]?.description.byteLength ?? 0);
  return bytes;
}
