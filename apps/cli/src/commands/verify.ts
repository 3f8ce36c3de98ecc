import {
  openBackend,
  sqnrDb,
  verifyTensor,
  type LogicalTensor,
  type StoredTensor,
  type VerifiedTensor,
} from '@fewbit/core';
import { EXIT } from '../exit-code.ts';
import { openInput } from '../inputs.ts';
import { loadRegistry, logicalTensorsOf } from '../registry.ts';
import { jsonText } from '../render/json.ts';
import { verifyText, type VerifyTotals } from '../render/verify.ts';
import type { Terminal } from '../terminal.ts';

export interface VerifyOptions {
  readonly original: string;
  readonly backend: string;
  readonly plugin: readonly string[];
  readonly json: boolean;
}

/** Reads a quantized checkpoint back and measures it against the original. Fails when a tensor is missing or damaged. */
export async function verify(target: string, options: VerifyOptions, terminal: Terminal): Promise<number> {
  const registry = await loadRegistry(options.plugin);
  const backend = await openBackend(registry, options.backend);
  const quantized = await openInput(target);
  const original = await openInput(options.original).catch(async (error: unknown) => {
    await quantized.close();
    throw error;
  });
  try {
    const { tensors: logical, leftovers } = logicalTensorsOf(quantized, registry);
    const originals = new Map(original.tensors.map((tensor) => [tensor.name, tensor]));
    const tensors: VerifiedTensor[] = [];
    for (const tensor of logical) {
      tensors.push(
        await verifyTensor({
          tensor,
          original: originals.get(tensor.name) ?? null,
          quantizedSources: quantized.shards.map(({ source }) => source),
          originalSources: original.shards.map(({ source }) => source),
          tensorClasses: registry.tensorClasses,
          backend: backend.quantizing,
        }),
      );
    }
    const missing = missingTensors(originals, logical);
    const surplus = leftovers.map(({ name }) => name);
    const totals = totalsOf(tensors, missing.length + surplus.length);
    terminal.out(
      options.json
        ? jsonText({
            checkpoint: target,
            original: options.original,
            backend: backend.name,
            totals,
            missing,
            surplus,
            tensors,
          })
        : verifyText(tensors, totals, { missing, surplus }, backend.name),
    );
    return totals.problems === 0 ? EXIT.ok : EXIT.failed;
  } finally {
    await quantized.close();
    await original.close();
    backend.close();
  }
}

function missingTensors(
  originals: ReadonlyMap<string, StoredTensor>,
  logical: readonly LogicalTensor[],
): readonly string[] {
  const present = new Set(logical.map(({ name }) => name));
  return [...originals.keys()].filter((name) => !present.has(name));
}

function totalsOf(tensors: readonly VerifiedTensor[], missing: number): VerifyTotals {
  let [bytes, elements, signal, noise, maxError, quantizedTensors, problems] = [0, 0, 0, 0, 0, 0, missing];
  for (const tensor of tensors) {
    bytes += tensor.bytes;
    elements += tensor.elements;
    signal += tensor.signal;
    noise += tensor.noise;
    maxError = Math.max(maxError, tensor.maxError ?? 0);
    if (tensor.tensorClass !== null) quantizedTensors += 1;
    if (tensor.problem !== null) problems += 1;
  }
  return {
    tensors: tensors.length,
    quantizedTensors,
    bytes,
    bitsPerWeight: elements === 0 ? 0 : (bytes * 8) / elements,
    sqnrDb: sqnrDb(signal, noise),
    maxError,
    problems,
  };
}
