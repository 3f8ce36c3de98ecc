import type { ModuleKind } from '@fewbit/core';

import type { FindingGroups } from './finding-groups.ts';
import type { DescribedTensor, Expectation, FormatDescription } from './quantized-format.ts';

/** A described tensor with what its name and shape say about its module. */
export interface PlacedTensor extends DescribedTensor {
  readonly module: string;
  readonly kind: ModuleKind;
}

/**
 * Compares what the config says with what the tensors are. Names of a checkpoint are not always those that a loader
 * matches against, so none of this is an error.
 */
export function compareWithConfig(
  tensors: readonly PlacedTensor[],
  expects: NonNullable<FormatDescription['expects']>,
  findings: FindingGroups,
): void {
  for (const tensor of tensors) {
    const { name, module, kind, scheme } = tensor;
    const parameter = name.slice(name.lastIndexOf('.') + 1);
    // A plain bias or norm says nothing; a quantized tensor of any kind does.
    if (scheme === null && (kind !== 'linear' || parameter !== 'weight')) continue;
    const expected = expects({ name, module, parameter, kind });
    if (expected === null) continue;
    compareOne(tensor, expected, findings);
  }
  reportUneven(tensors, expects, findings);
}

function compareOne(tensor: DescribedTensor, expected: Expectation, findings: FindingGroups): void {
  const { name, scheme } = tensor;
  const { quantized, because, implied } = expected;
  if (scheme === null) {
    if (!quantized || implied) return;
    const what = `it is plain, and the config says that it is quantized: ${because}`;
    findings.add({ id: 'plain-but-configured', severity: 'warning', what }, name);
    return;
  }
  if (!quantized) {
    const what = `it is quantized, and the config says that it is not: ${because}`;
    findings.add({ id: 'quantized-but-skipped', severity: 'warning', what }, name);
    return;
  }
  const difference = expected.differs?.(tensor) ?? null;
  if (difference !== null) findings.add({ id: 'scheme-differs', severity: 'warning', what: difference }, name);
}

/** Layers repeat: one that is plain where the others are quantized was meant to be, or was lost. */
function reportUneven(
  tensors: readonly PlacedTensor[],
  expects: NonNullable<FormatDescription['expects']>,
  findings: FindingGroups,
): void {
  const quantized: Map<string, number> = new Map();
  const plain: PlacedTensor[] = [];
  for (const tensor of tensors) {
    if (tensor.scheme === null) {
      if (tensor.kind === 'linear') plain.push(tensor);
      continue;
    }
    const template = templateOf(tensor.name);
    quantized.set(template, (quantized.get(template) ?? 0) + 1);
  }
  for (const { name, module, kind } of plain) {
    const alike = quantized.get(templateOf(name)) ?? 0;
    if (alike === 0) continue;
    const parameter = name.slice(name.lastIndexOf('.') + 1);
    const expected = expects({ name, module, parameter, kind });
    // What the config asked for is no surprise, and what it forbade was reported.
    if (expected !== null && !expected.implied) continue;
    const what = `it is plain, while ${alike} of the same name in other layers are quantized, and the config does not say why`;
    findings.add({ id: 'uneven', severity: 'warning', what }, name);
  }
}

function templateOf(name: string): string {
  return name.replace(/\d+/g, '#');
}
