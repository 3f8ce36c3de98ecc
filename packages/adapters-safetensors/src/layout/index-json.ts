import { elementCount, type OutputTensor } from '@fewbit/core';

import { pythonString } from '../json/python-json.ts';
import { codePointOrder } from './code-point-order.ts';

export const INDEX_NAME = 'model.safetensors.index.json';

/** Where each stored tensor went. */
export interface StoredPlace {
  readonly storedName: string;
  readonly shardName: string;
}

/** The bytes of the index, as transformers writes it: keys sorted, two spaces, ASCII. */
export function indexJson(
  tensors: readonly OutputTensor[],
  stored: readonly StoredPlace[],
  totalBytes: number,
): Uint8Array {
  const parameters = totalParameters(tensors);
  const totals = [
    ...(parameters === null ? [] : [`    "total_parameters": ${parameters}`]),
    `    "total_size": ${totalBytes}`,
  ];
  const order = codePointOrder(stored.map(({ storedName }) => storedName));
  const weights = [...stored]
    .sort((left, right) => order(left.storedName, right.storedName))
    .map(({ storedName, shardName }) => `    ${pythonString(storedName)}: ${pythonString(shardName)}`);
  return new TextEncoder().encode(
    `{\n  "metadata": {\n${totals.join(',\n')}\n  },\n  "weight_map": {\n${weights.join(',\n')}\n  }\n}\n`,
  );
}

/** Elements before quantizing; null when a quantized tensor does not say. */
function totalParameters(tensors: readonly OutputTensor[]): number | null {
  let total = 0;
  for (const { shape, quantized, components } of tensors) {
    const known = shape ?? (quantized === null ? components[0]?.shape : undefined);
    if (known === undefined) return null;
    total += elementCount(known);
  }
  return total;
}
