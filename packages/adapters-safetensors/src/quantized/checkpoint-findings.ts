import type { JsonObject } from '@fewbit/core';

import { shown } from '../json/checkpoint-json.ts';
import { FORMAT_KEY } from '../torchao/component-names.ts';
import type { DescribableCheckpoint } from './checkpoint-description.ts';
import type { FindingGroups } from './finding-groups.ts';
import type { InspectedTensor } from './inspected-tensor.ts';
import { isOrdinary, isOrphan } from './plain-tensors.ts';
import type { QuantizationConfig } from './quantization-config.ts';
import type { QuantizedFormat } from './quantized-format.ts';

/** What is wrong with the files, whatever they hold. */
export function reportFiles(checkpoint: DescribableCheckpoint, findings: FindingGroups): void {
  const { shards, metadata, shardMetadata = [metadata], indexProblems = [] } = checkpoint;
  for (const problem of indexProblems.slice(0, MOST_PROBLEMS)) {
    findings.add({ id: 'index-disagrees', severity: 'error', what: problem, stops: BOTH }, 'the index');
  }
  if (indexProblems.length > MOST_PROBLEMS) {
    const what = `and ${indexProblems.length - MOST_PROBLEMS} more tensors on which index and shards disagree`;
    findings.add({ id: 'index-disagrees', severity: 'error', what, stops: BOTH }, 'the index');
  }
  for (const [at, own] of shardMetadata.entries()) {
    if (own.has(FORMAT_KEY)) continue;
    const what = 'its metadata lacks "format": "pt", without which transformers before 5 refuses the file';
    findings.add({ id: 'no-format', severity: 'warning', what }, shards[at]?.name ?? 'the file');
  }
}

const BOTH = ['torchao', 'transformers'] as const;
// Enough to see what is wrong; a lost shard misses thousands of tensors.
const MOST_PROBLEMS = 10;

export interface Configured {
  readonly tensors: readonly InspectedTensor[];
  readonly config: JsonObject | null;
  readonly quantization: QuantizationConfig | null;
  /** The formats that tensors are stored in. */
  readonly used: readonly QuantizedFormat[];
  /** All that were asked. */
  readonly formats: readonly QuantizedFormat[];
}

/** Whether the config names what the tensors are. */
export function reportConfig(configured: Configured, findings: FindingGroups): void {
  const { config, quantization, used, formats, tensors } = configured;
  const place = quantization?.place ?? 'quantization_config';
  if (config === null) {
    const what = 'there is none, so nothing says what the model is and what its weights should be';
    findings.add({ id: 'no-config', severity: 'note', what }, 'config.json');
  }
  const strange = tensors.filter(({ isParameter, components }) => {
    const plain = components.get('');
    return isParameter && plain !== undefined && !isOrdinary(plain);
  });
  const method = shown(quantization?.method ?? '');
  const known = formats.some(({ methods }) => methods.includes(quantization?.method ?? ''));
  if (quantization !== null && !known) {
    const what = `unknown quantization: ${method}; its tensors are listed as they are stored`;
    findings.add({ id: 'unknown-quantization', severity: 'warning', what }, place);
  } else if (strange.length > 0) {
    for (const { name, components } of strange) {
      const what = `unknown quantization: it holds ${components.get('')?.dtype ?? ''}, which is no dtype of plain weights, and no known format claims it`;
      findings.add({ id: 'unknown-quantization', severity: 'warning', what }, name);
    }
  }
  // A cast to eight bits without scales needs nobody to know of it.
  const quantized = tensors.filter(({ scheme }) => scheme !== null && scheme.granularity !== 'none');
  const names = used.map(({ name }) => name).join(', ');
  if (config !== null && quantization === null && quantized.length > 0) {
    const what = `it is missing, and tensors are stored as ${names}: transformers looks for plain weights and does not find them`;
    findings.add({ id: 'config-silent', severity: 'error', what, stops: ['transformers'] }, place);
  }
  if (quantization === null || !known) return;
  for (const { name, components } of tensors) {
    const plain = components.get('');
    if (plain === undefined || !isOrphan(plain)) continue;
    const what = 'it describes codes, and there are none beside it';
    findings.add({ id: 'missing-component', severity: 'error', what, stops: ['transformers'] }, name);
  }
  if (strange.length === 0 && tensors.every(({ scheme }) => scheme === null)) {
    const what = `it says ${method}, and no tensor is quantized`;
    findings.add({ id: 'nothing-quantized', severity: 'warning', what }, place);
  } else if (quantized.length > 0 && !used.some((format) => speaksFor(format, quantization.method))) {
    const what = `it says ${method}, and the tensors are stored as ${names}`;
    findings.add({ id: 'method-differs', severity: 'error', what, stops: ['transformers'] }, place);
  }
}

/** AutoRound packs as AWQ does, too. */
function speaksFor({ name, methods }: QuantizedFormat, method: string): boolean {
  return methods.includes(method) || (name === 'awq' && method.includes('auto-round'));
}
