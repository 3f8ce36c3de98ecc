import { elementCount, type StoredTensor } from '@fewbit/core';

import type { ConfigGroup } from './compressed-tensors-config.ts';
import type { FindingGroups } from './finding-groups.ts';
import { shownShape } from './shapes.ts';

export interface CheckedModule {
  readonly name: string;
  readonly components: ReadonlyMap<string, StoredTensor>;
  readonly codes: StoredTensor;
  readonly shape: readonly number[] | null;
  /** What `weight_shape` says; null where it was not asked. */
  readonly said: readonly number[] | null;
  readonly group: ConfigGroup | null;
}

/** What a loader of the compressed module would miss, or find in the wrong shape. */
export function checkCompressed(checked: CheckedModule, findings: FindingGroups): void {
  const { name, components } = checked;
  for (const leaf of neededOf(checked)) {
    if (components.has(leaf)) continue;
    const what = `"${leaf}" is missing`;
    findings.add({ id: 'missing-component', severity: 'error', what, stops: ['transformers'] }, name);
  }
  for (const what of misfits(checked)) {
    findings.add({ id: 'shapes-disagree', severity: 'error', what, stops: ['transformers'] }, name);
  }
}

function neededOf({ codes, group }: CheckedModule): readonly string[] {
  const { weights = null, activations = null } = group ?? {};
  const isStatic = activations?.dynamic === false && activations.strategy !== 'tensor_group';
  return [
    'weight_scale',
    codes.dtype === 'I32' ? 'weight_shape' : [],
    weights !== null && !weights.symmetric ? 'weight_zero_point' : [],
    weights?.strategy === 'tensor_group' ? 'weight_global_scale' : [],
    activations?.strategy === 'tensor_group' ? 'input_global_scale' : [],
    isStatic ? 'input_scale' : [],
  ].flat();
}

function misfits({ components, codes, shape, said, group }: CheckedModule): readonly string[] {
  const { weights = null, activations = null } = group ?? {};
  const wanted: [string, readonly number[] | null][] = [];
  const stacked = codes.shape.slice(0, -2);
  const scale = shape === null ? null : scaleShape(shape, group);
  wanted.push(['weight_scale', scale]);
  wanted.push(['weight_shape', [codes.shape.length]]);
  if (stacked.length === 0) {
    wanted.push(['weight_global_scale', [1]], ['input_global_scale', [1]]);
    if (activations?.strategy === 'tensor') wanted.push(['input_scale', [1]]);
  }
  const zeros = components.get('weight_zero_point');
  if (zeros !== undefined && scale !== null && shape !== null) {
    const [rows = 1] = shape.slice(-2);
    const packed = [...stacked, Math.ceil((rows * (weights?.bits ?? 8)) / 32), scale.at(-1) ?? 1];
    wanted.push(['weight_zero_point', zeros.dtype === 'I32' ? packed : scale]);
  }
  const bits = weights?.bits ?? null;
  const [down, across] = said?.slice(-2) ?? [];
  const [rows, columns = 0] = codes.shape.slice(-2);
  const isOther = said !== null && (down !== rows || across === undefined);
  const isPacked = across !== undefined && bits !== null && Math.ceil((across * bits) / 32) === columns;
  // Before it packed densely, compressed-tensors left bits of a word over.
  const isLoose = across !== undefined && bits !== null && Math.ceil(across / Math.floor(32 / bits)) === columns;
  const misfit = isOther || (said !== null && bits !== null && !isPacked && !isLoose);
  return [
    ...(misfit
      ? [`"weight_shape" says ${shownShape(said)}, which does not make codes ${shownShape(codes.shape)}`]
      : []),
    ...wanted.flatMap(([leaf, expected]) => {
      const tensor = components.get(leaf);
      if (tensor === undefined || expected === null || elementCount(tensor.shape) === elementCount(expected)) return [];
      return [`"${leaf}" is ${shownShape(tensor.shape)}, and codes and config make it ${shownShape(expected)}`];
    }),
  ];
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
