import { jsonEscape, nestedEscape } from '../json/escapes.ts';
import type { JsonWriter } from '../json/json-writer.ts';
import { FORMAT_KEY, TENSOR_NAMES_KEY } from '../torchao/component-names.ts';
import type { LayoutTable } from './layout-table.ts';

/** Loaders of PyTorch models expect a file to say so. */
const FORMAT_MEMBER = `"${FORMAT_KEY}":"pt"`;
const FORMAT_ALONE = `{${FORMAT_MEMBER}}`;

// The list of names is a JSON text of Python's inside a JSON string.
const LIST_BEGIN = `"${TENSOR_NAMES_KEY}":"[`;
const LIST_END = `]",${FORMAT_MEMBER}}`;
const LISTED_BEGIN = '\\"';
const LISTED_END = '\\"';
const LIST_SEPARATOR = ', ';

/**
 * Writes the object of `__metadata__`: that of the format alone where no tensor is quantized, else with the descriptions
 * of the given tensors, in torchao's form.
 */
export function writeMetadata(
  writer: JsonWriter,
  { tensors, patterns, flattened }: LayoutTable,
  described: readonly number[],
): void {
  if (!flattened) {
    writer.ascii(FORMAT_ALONE);
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
  writer.ascii(LIST_BEGIN);
  described.forEach((tensor, at) => {
    const name = tensors[tensor]?.parameter.name ?? '';
    const begin = nameAt[at] ?? 0;
    writer.ascii(LISTED_BEGIN);
    if (begin > 0) writer.repeat(begin, begin + name.length);
    else writer.text(name, nestedEscape);
    writer.ascii(LISTED_END + LIST_SEPARATOR);
  });
  if (described.length > 0) writer.dropLast(LIST_SEPARATOR.length);
  writer.ascii(LIST_END);
}

/** How many bytes {@link writeMetadata} writes. */
export function metadataLength({ patterns, flattened, lengths }: LayoutTable, described: readonly number[]): number {
  if (!flattened) return FORMAT_ALONE.length;
  let length = '{'.length + LIST_BEGIN.length + LIST_END.length;
  for (const tensor of described) {
    length += '"'.length + lengths.name(tensor) + (patterns[tensor]?.description.byteLength ?? 0);
    length += LISTED_BEGIN.length + lengths.listedName(tensor) + LISTED_END.length + LIST_SEPARATOR.length;
  }
  return described.length > 0 ? length - LIST_SEPARATOR.length : length;
}
