import { describeCheckpoint, type CheckpointDescription, type InspectedTensor } from '@fewbit/adapters-safetensors';
import { openCheckpoint, type CheckpointFolder } from '@fewbit/adapters-safetensors/node';
import { byteLength } from '@fewbit/core';
import { EXIT, fromArgument } from '../exit-code.ts';
import { loadRegistry } from '../registry.ts';
import { inspectText } from '../render/inspect.ts';
import { jsonText } from '../render/json.ts';
import type { Terminal } from '../terminal.ts';

export interface InspectOptions {
  readonly plugin: readonly string[];
  readonly json: boolean;
}

/** What a checkpoint holds and whether it can load, from its headers and its config. Ends with 1 when something stops loading. */
export async function inspect(target: string, options: InspectOptions, terminal: Terminal): Promise<number> {
  const { tensorClasses } = await loadRegistry(options.plugin);
  const folder = await fromArgument(openCheckpoint(target, { brokenIndex: 'report' }));
  try {
    const description = await describeCheckpoint(folder, { tensorClasses });
    const files = folder.shards.map(({ name, source }) => ({ name, byteLength: source.byteLength }));
    terminal.out(
      options.json ? jsonText(inspectJson(target, folder, description)) : inspectText({ target, files, description }),
    );
    return description.findings.some(({ severity }) => severity === 'error') ? EXIT.failed : EXIT.ok;
  } finally {
    await folder.close();
  }
}

function inspectJson(checkpoint: string, folder: CheckpointFolder, description: CheckpointDescription): unknown {
  const { tensors, formats, quantization, totals, findings, loading } = description;
  const shardName = (shard: number): string => folder.shards[shard]?.name ?? '';
  return {
    checkpoint,
    files: folder.shards.map(({ name, source }) => ({ name, byteLength: source.byteLength })),
    formats,
    quantizationConfig: quantization,
    totals,
    findings,
    loading,
    tensors: tensors.map((tensor) => tensorJson(tensor, shardName)),
  };
}

function tensorJson(tensor: InspectedTensor, shardName: (shard: number) => string): unknown {
  const { name, dtype, shape, module, kind, scheme, words, elements, isParameter, bytes, bitsPerWeight } = tensor;
  const components = Array.from(tensor.components, ([role, stored]) => ({
    role,
    name: stored.name,
    dtype: stored.dtype,
    shape: stored.shape,
    bytes: byteLength(stored),
    shard: shardName(stored.shard),
  }));
  return {
    name,
    dtype,
    shape,
    module,
    kind,
    tensorClass: scheme?.format === 'torchao' ? scheme.packing : null,
    scheme: scheme === null ? null : { words, ...scheme },
    elements,
    isParameter,
    bytes,
    bitsPerWeight,
    shards: [...new Set(components.map(({ shard }) => shard))],
    components: scheme === null ? [] : components,
  };
}
