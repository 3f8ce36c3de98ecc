import {
  byteLength,
  elementCount,
  parametersOf,
  type LogicalTensor,
  type Registry,
  type StoredTensor,
} from '@fewbit/core';
import { EXIT } from '../exit-code.ts';
import { openInput } from '../inputs.ts';
import { loadRegistry, logicalTensorsOf } from '../registry.ts';
import { inspectText, type InspectedTensor } from '../render/inspect.ts';
import { jsonText } from '../render/json.ts';
import type { Terminal } from '../terminal.ts';

export interface InspectOptions {
  readonly plugin: readonly string[];
  readonly json: boolean;
}

/** What a checkpoint holds, from its headers alone. */
export async function inspect(target: string, options: InspectOptions, terminal: Terminal): Promise<number> {
  const registry = await loadRegistry(options.plugin);
  const folder = await openInput(target);
  try {
    const { tensors, leftovers } = logicalTensorsOf(folder, registry);
    const logical = [...tensors, ...leftovers.map(plain)];
    const described = logical.map((tensor) => describe(tensor, registry.tensorClasses));
    const stored = logical.map(({ name }, at) => ({
      name,
      dtype: 'F32' as const,
      shard: 0,
      begin: 0,
      end: 0,
      shape: described[at]?.shape ?? [],
    }));
    const parameters = parametersOf(folder, stored);
    const inspected = logical.map((tensor, at): InspectedTensor => {
      const { dtype = null, shape = null } = described[at] ?? {};
      let bytes = 0;
      const shards: Set<string> = new Set();
      for (const component of tensor.components.values()) {
        bytes += byteLength(component);
        shards.add(folder.shards[component.shard]?.name ?? '');
      }
      const elements = shape === null ? 0 : elementCount(shape);
      return {
        name: tensor.name,
        dtype,
        shape,
        module: parameters[at]?.module ?? '',
        kind: parameters[at]?.kind ?? 'other',
        tensorClass: tensor.quantized?.tensorClass ?? null,
        bytes,
        bitsPerWeight: elements === 0 ? null : (bytes * 8) / elements,
        shards: [...shards],
      };
    });
    const files = folder.shards.map(({ name, source }) => ({ name, byteLength: source.byteLength }));
    terminal.out(
      options.json ? jsonText({ checkpoint: target, files, tensors: inspected }) : inspectText(files, inspected),
    );
    return EXIT.ok;
  } finally {
    await folder.close();
  }
}

function plain(tensor: StoredTensor): LogicalTensor {
  return { name: tensor.name, quantized: null, components: new Map([['', tensor]]) };
}

interface Described {
  readonly dtype: string | null;
  readonly shape: readonly number[] | null;
}

function describe({ name, quantized, components }: LogicalTensor, tensorClasses: Registry['tensorClasses']): Described {
  if (quantized === null) return components.get('') ?? { dtype: null, shape: null };
  const tensorClass = tensorClasses.get(quantized.tensorClass);
  if (tensorClass === undefined) return { dtype: null, shape: null };
  return tensorClass.open({ name, attributes: quantized.attributes, components });
}
