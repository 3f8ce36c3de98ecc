import {
  OutputRefusedError,
  type CheckpointAdapter,
  type Layout,
  type LayoutFile,
  type LayoutOptions,
  type OutputTensor,
  type PlannedOutput,
} from '@fewbit/core';

import { LENGTH_BYTES, MAX_HEADER_BYTES } from '../header/parse-header.ts';
import { createLayoutTable, type LayoutTable } from './layout-table.ts';
import { encodeShardHeader, measureShard } from './shard-header.ts';
import { encodeShardIndex, INDEX_NAME, measureShardIndex } from './shard-index.ts';
import { storedKey } from './stored-names.ts';
import { componentsOf } from './tensor-pattern.ts';

/** How many problems an error spells out; it counts the others. */
const NAMED_PROBLEMS = 50;

/**
 * Lays tensors out as safetensors files: torchao's flattened layout once one is quantized, plain files otherwise.
 *
 * Of several files each describes its own tensors in its metadata, and the last one those of all files. torchao's loader
 * wants a description for every name that a file lists, and skips listed tensors that are elsewhere. transformers merges
 * the metadata of all files in order, so that the last list of names, the complete one, stands.
 */
export const safetensorsAdapter: CheckpointAdapter = { format: 'safetensors', layout };

function layout(tensors: readonly OutputTensor[], { maxShardBytes }: LayoutOptions): Layout {
  if (!(maxShardBytes > 0)) {
    throw new OutputRefusedError({
      message: `a shard of ${maxShardBytes} bytes holds nothing`,
      allowed: 'a positive number of bytes',
    });
  }
  const table = createLayoutTable(tensors, maxShardBytes, refuse);
  const all = tensors.map((_, index) => index);
  const heads: number[] = [];
  const files = table.shards.map((shard, file): LayoutFile => {
    const described = file === table.shards.length - 1 ? all : shard.given;
    const { headByteLength, fileByteLength } = measureShard(table, shard, described);
    if (headByteLength - LENGTH_BYTES > MAX_HEADER_BYTES) {
      refuse([`the header of ${shard.name} would have ${headByteLength} bytes, and readers take ${MAX_HEADER_BYTES}`]);
    }
    heads.push(headByteLength);
    return {
      name: shard.name,
      byteLength: fileByteLength,
      get head() {
        return encodeShardHeader(table, shard, described, headByteLength);
      },
    };
  });
  if (files.length > 1) {
    files.push({
      name: INDEX_NAME,
      byteLength: measureShardIndex(table),
      get head() {
        return encodeShardIndex(table);
      },
    });
  }
  return { files, outputsOf: (tensor) => outputsOf(table, heads, tensor) };
}

function outputsOf(
  { tensors, patterns, shardOf, firstComponent, offsets }: LayoutTable,
  heads: readonly number[],
  tensor: number,
): readonly PlannedOutput[] {
  const file = shardOf[tensor] ?? 0;
  const first = firstComponent[tensor] ?? 0;
  const dataBegin = heads[file] ?? 0;
  const lengths = patterns[tensor]?.components ?? [];
  const output = tensors[tensor];
  if (output === undefined) return [];
  const key = storedKey(output);
  return componentsOf(output).map(({ name, dtype, shape }, component) => ({
    name: key + name,
    dtype,
    shape,
    file,
    begin: dataBegin + (offsets[first + component] ?? 0),
    byteLength: lengths[component]?.byteLength ?? 0,
  }));
}

function refuse(problems: readonly string[]): void {
  if (problems.length === 0) return;
  const more = problems.length > NAMED_PROBLEMS ? `; and ${problems.length - NAMED_PROBLEMS} more` : '';
  throw new OutputRefusedError({
    message: `the loaders of torchao and transformers could not read the result back: ${problems.slice(0, NAMED_PROBLEMS).join('; ')}${more}`,
    hint: 'Leave these tensors unquantized (a null config for their keys), or rename them.',
  });
}
