import { elementCount, type StoredTensor } from '@fewbit/core';

import type { ConfigGroup } from './compressed-tensors-config.ts';
import type { FindingGroups } from './finding-groups.ts';
import { shownShape } from './shapes.ts';

export interface CheckedModule {
  readonly name: string;
  readonly components: ReadonlyMap<string, StoredTensor>;
  readonly shape: readonly number[] | null;
  readonly group: ConfigGroup | null;
}

/** What a loader of the compressed module would miss, or find in the wrong shape. */
export function checkCompressed({ name, components, shape, group }: CheckedModule, findings: FindingGroups): void {
  const codes = components.get('weight_packed') ?? components.get('weight');
  const weights = group?.weights ?? null;
  const needed = ['weight_scale'];
  if (codes?.dtype === 'I32') needed.push('weight_shape');
  if (weights !== null && !weights.symmetric) needed.push('weight_zero_point');
  if (weights?.strategy === 'tensor_group') needed.push('weight_global_scale');
  for (const leaf of needed) {
    if (components.has(leaf)) continue;
    const what = `"${leaf}" is missing`;
    findings.add({ id: 'missing-component', severity: 'error', what, stops: ['transformers'] }, name);
  }
  const scale = components.get('weight_scale');
  if (scale === undefined || shape === null) return;
  const wanted = scaleShape(shape, group);
  if (wanted === null || elementCount(scale.shape) === elementCount(wanted)) return;
  const what = `"weight_scale" is ${shownShape(scale.shape)}, and the config makes it ${shownShape(wanted)}`;
  findings.add({ id: 'shapes-disagree', severity: 'error', what, stops: ['transformers'] }, name);
}

function scaleShape(shape: readonly number[], group: ConfigGroup | null): readonly number[] | null {
  const weights = group?.weights ?? null;
  if (weights === null || shape.length < 2) return null;
  const front = shape.slice(0, -2);
  const [rows = 1, columns = 1] = shape.slice(-2);
  switch (weights.strategy) {
    case 'tensor':
      return [...front, 1];
    case 'channel':
      return [...front, rows, 1];
    case 'group':
    case 'tensor_group':
      return weights.groupSize === null ? null : [...front, rows, Math.ceil(columns / weights.groupSize)];
    case 'block': {
      const [height, width] = weights.blockStructure ?? [];
      if (height === undefined || width === undefined) return null;
      return [...front, Math.ceil(rows / height), Math.ceil(columns / width)];
    }
    case null:
    default:
      return null;
  }
}
