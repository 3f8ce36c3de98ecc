import type { ModuleKind } from '@fewbit/core';
import { bytesText } from '../terminal.ts';
import { printable, table } from './table.ts';

/** One tensor as `inspect` lists it. */
export interface InspectedTensor {
  readonly name: string;
  /** Of a quantized tensor: what it dequantizes to; null when this program cannot read its class. */
  readonly dtype: string | null;
  readonly shape: readonly number[] | null;
  readonly module: string;
  readonly kind: ModuleKind;
  /** Class name of a quantized tensor, or null. */
  readonly tensorClass: string | null;
  readonly bytes: number;
  readonly bitsPerWeight: number | null;
  readonly shards: readonly string[];
}

/** Tensors whose names differ only in numbers as one line, then the files and the whole. */
export function inspectText(
  files: readonly { readonly name: string; readonly byteLength: number }[],
  tensors: readonly InspectedTensor[],
): string {
  const groups: Map<string, InspectedTensor[]> = new Map();
  for (const tensor of tensors) {
    const template = tensor.name.replace(/(?<=^|\.)\d+(?=\.|$)/g, '*');
    const identity = JSON.stringify([template, tensor.dtype, tensor.shape, tensor.tensorClass, tensor.kind]);
    groups.set(identity, [...(groups.get(identity) ?? []), tensor]);
  }
  const rows = [...groups].map(([identity, members]) => {
    const [first] = members;
    const [template] = JSON.parse(identity) as [string];
    const name = members.length === 1 ? (first?.name ?? '') : template;
    return [
      printable(name),
      members.length === 1 ? '' : `×${members.length}`,
      first?.kind ?? '',
      first?.tensorClass ?? 'plain',
      first?.dtype ?? '?',
      first?.shape === null || first === undefined ? '?' : `[${first.shape.join(', ')}]`,
      bytesText(members.reduce((sum, { bytes }) => sum + bytes, 0)),
    ];
  });
  const fileLines = files.map(({ name, byteLength }) => `  ${printable(name)}  ${bytesText(byteLength)}\n`).join('');
  const bytes = tensors.reduce((sum, tensor) => sum + tensor.bytes, 0);
  return `${table(['tensors', 'count', 'kind', 'class', 'dtype', 'shape', 'size'], rows, [1, 6])}\n${tensors.length} tensors, ${bytesText(bytes)}, in ${files.length} file(s)\n${fileLines}`;
}
