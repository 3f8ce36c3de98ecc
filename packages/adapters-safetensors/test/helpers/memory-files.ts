import { memorySource, type CheckpointFiles } from '@fewbit/adapters-safetensors';

/** A folder in memory. `listable: false` behaves like a server. */
export function memoryFiles(contents: ReadonlyMap<string, Uint8Array>, listable = true): CheckpointFiles {
  return {
    where: 'memory',
    locate: (name) => `memory/${name}`,
    open: (name) => {
      const bytes = contents.get(name);
      return Promise.resolve(bytes === undefined ? null : memorySource(bytes));
    },
    list: () => Promise.resolve(listable ? [...contents.keys()] : null),
  };
}

export function textBytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
