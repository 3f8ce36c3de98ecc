import { shown, type ParameterInfo } from '@fewbit/core';
import type { Findings } from '../findings.ts';
import type { Layer } from './layers.ts';
import type { SchemeFields } from './presets.ts';

/** True for the kinds of modules that AutoRound calls layers. */
export function isLayer(kind: ParameterInfo['kind']): boolean {
  return kind === 'linear' || kind === 'conv1d';
}

/** True for shapes that the scheme's kernels do not take: 32 has to divide them, or a group's size the columns. */
export function leavesShape(
  { data_type: type, act_bits: actBits, group_size: size }: SchemeFields,
  shape: readonly number[],
): boolean {
  if (type === 'int') return typeof actBits === 'number' && actBits >= 16 && shape.some((extent) => extent % 32 !== 0);
  const grouped =
    typeof type === 'string' && /mx_fp|nv_fp/.test(type.toLowerCase()) && typeof size === 'number' && size > 0;
  return grouped && (shape[1] ?? 0) % size !== 0;
}

/**
 * AutoRound keeps one object for all layers that a pattern matches, and writes into it what becomes of a layer whose shape no
 * kernel takes.
 */
export function withoutSpoiled(
  searched: readonly Layer[],
  first: (module: string) => number,
  base: SchemeFields,
  parameters: readonly ParameterInfo[],
  findings: Findings,
): readonly Layer[] {
  const spoiled: Map<number, ParameterInfo> = new Map();
  for (const parameter of parameters) {
    if (parameter.parameter !== 'weight' || !isLayer(parameter.kind) || !leavesShape(base, parameter.shape)) continue;
    const at = first(parameter.module);
    if (at !== -1 && !spoiled.has(at)) spoiled.set(at, parameter);
  }
  return searched.map((layer, at) => {
    const by = spoiled.get(at);
    if (by === undefined || layer.scheme === null) return layer;
    const message = `AutoRound quantizes none of the layers that ${shown(layer.key)} decides, since one of them, ${shown(by.module)}, has a shape that no kernel takes: ${by.shape.join(' x ')}`;
    findings.add('note', 'shape-shared', message, layer.origin);
    return { ...layer, scheme: null };
  });
}

/** Says that shapes matter, where none are known. */
export function noteShapes(
  base: SchemeFields,
  parameters: readonly ParameterInfo[] | undefined,
  findings: Findings,
): void {
  if (parameters !== undefined || !leavesShape(base, [1, 1])) return;
  const message =
    'AutoRound leaves alone layers with a size that 32, or the group size, does not divide; whether the model has any is unknown without its checkpoint';
  findings.add('loss', 'shape-unchecked', message);
}
