import type { OutputTensor } from '@fewbit/core';

import { shown } from '../json/json-scanner.ts';
import { componentPrefix, splitName } from '../torchao/component-names.ts';

/**
 * The quantized tensors that torchao's loader would lose without a word, one sentence each.
 *
 * The loader counts every key that begins with `MODULE._PARAMETER_`, be it a stored name or a tensor's own name in the
 * metadata; when there are more than the tensor has components it waits for a part that never comes. So a quantized
 * `experts.gate_up_proj` is lost beside a quantized `experts.gate_up_proj_bias`.
 */
export function findPrefixCollisions(
  tensors: readonly OutputTensor[],
  stored: readonly (readonly string[])[],
): string[] {
  const suspects = collectSuspects(tensors, stored);
  if (suspects.length === 0) return [];
  const keys = [...new Set(suspects)].sort();
  const problems: string[] = [];
  tensors.forEach(({ name, quantized }, index) => {
    const split = quantized === null ? null : splitName(name);
    if (split === null) return;
    const prefix = componentPrefix(split);
    const own = stored[index] ?? [];
    for (let at = lowerBound(keys, prefix); keys[at]?.startsWith(prefix) === true; at++) {
      const key = keys[at] ?? '';
      if (own.includes(key)) continue;
      problems.push(
        `the components of ${shown(name)} are told by the prefix ${shown(prefix)}, and ${shown(key)} begins with it too`,
      );
      // One is enough to lose the tensor.
      break;
    }
  });
  return problems;
}

/**
 * Every key that may begin with the prefix of a tensor that it is no component of: a name with `._` somewhere in it, or a
 * component of a module that has several quantized parameters. Ordinary models have none, so nothing is sorted for them.
 */
function collectSuspects(tensors: readonly OutputTensor[], stored: readonly (readonly string[])[]): string[] {
  const quantizedIn: Map<string, number> = new Map();
  for (const { name, quantized } of tensors) {
    const module = quantized === null ? null : (splitName(name)?.module ?? null);
    if (module !== null) quantizedIn.set(module, (quantizedIn.get(module) ?? 0) + 1);
  }
  if (quantizedIn.size === 0) return [];
  const suspects: string[] = [];
  tensors.forEach(({ name, quantized }, index) => {
    const unusual = name.includes('._');
    if (unusual) suspects.push(name);
    const module = quantized === null ? null : (splitName(name)?.module ?? null);
    if (module !== null && (unusual || (quantizedIn.get(module) ?? 0) > 1)) suspects.push(...(stored[index] ?? []));
  });
  return suspects;
}

function lowerBound(sorted: readonly string[], wanted: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? '') < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}
