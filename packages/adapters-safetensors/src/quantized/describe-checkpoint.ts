import { FewbitError, parametersOf, type JsonObject, type StoredTensor, type TensorClass } from '@fewbit/core';

import { compareWithConfig } from './agreement.ts';
import { builtinFormats } from './builtin-formats.ts';
import type { CheckpointDescription, DescribableCheckpoint } from './checkpoint-description.ts';
import { reportConfig, reportFiles } from './checkpoint-findings.ts';
import { findingGroups, type FindingGroups } from './finding-groups.ts';
import type { InspectedTensor } from './inspected-tensor.ts';
import { isAuxiliary, isOrdinary, isOrphan, plainTensor } from './plain-tensors.ts';
import { quantizationConfigOf } from './quantization-config.ts';
import type { DescribedTensor, FormatContext, FormatDescription, QuantizedFormat } from './quantized-format.ts';
import { schemeWords } from './scheme.ts';
import { indexTensors } from './tensor-index.ts';
import { bitsPer, bytesOf, totalsOf } from './totals.ts';
import { judgeLoading } from './verdicts.ts';

export interface DescribeOptions {
  /** In the order in which they are asked; a tensor belongs to the first that claims it. Default: `builtinFormats`. */
  readonly formats?: readonly QuantizedFormat[];
  /** Classes of torchao's that can be read back here, whose own checks then hold. Default: none. */
  readonly tensorClasses?: ReadonlyMap<string, TensorClass>;
}

/**
 * Says what a checkpoint holds, quantized or not: each tensor as the model has it, how it is stored, what does not fit
 * together, and whether it can load. Looks at headers and config; reads tensors only where they are small and nothing else
 * says a shape (bitsandbytes' `quant_state`, compressed-tensors' `weight_shape`), one of each kind.
 *
 * Never throws for what a header or a config says: that is what findings are for.
 *
 * @example
 * ```ts
 * const checkpoint = await openCheckpoint('https://huggingface.co/OWNER/MODEL', { brokenIndex: 'report' });
 * const { totals, findings } = await describeCheckpoint(checkpoint);
 * console.log(totals.parameters, totals.bitsPerWeight, findings);
 * ```
 */
export async function describeCheckpoint(
  checkpoint: DescribableCheckpoint,
  { formats = builtinFormats, tensorClasses = new Map() }: DescribeOptions = {},
): Promise<CheckpointDescription> {
  const { config, metadata } = checkpoint;
  const findings = findingGroups();
  const quantization = quantizationConfigOf(config);
  const readSmall = smallReader(checkpoint, findings);
  const found: { readonly format: QuantizedFormat; readonly description: FormatDescription }[] = [];
  let index = indexTensors(checkpoint.tensors);
  for (const format of formats) {
    const context: FormatContext = { index, metadata, config, quantization, findings, tensorClasses, readSmall };
    if (!format.detect(context)) continue;
    const description = await format.describe(context);
    if (description.tensors.length === 0 && description.expects === undefined) continue;
    found.push({ format, description });
    index = indexTensors(unclaimed(index.tensors, description.tensors));
  }
  const described = found.flatMap(({ description }) => description.tensors);
  const order = found.flatMap(({ description }) => description.order ?? []);
  const all = inOrder([...described, ...index.tensors.map(plainTensor)], order);
  const tensors = place(all, config, described.length > 0);
  for (const { format, description } of found) {
    if (description.expects === undefined || !format.methods.includes(quantization?.method ?? '')) continue;
    compareWithConfig(tensors, description.expects, findings);
  }
  reportFiles(checkpoint, findings);
  const used = found.filter(({ description }) => description.tensors.length > 0).map(({ format }) => format);
  reportConfig({ tensors, config, quantization, used, formats }, findings);
  const names = used.map(({ name }) => name);
  const list = [...findings.list()].sort(
    (left, right) => SEVERITIES.indexOf(left.severity) - SEVERITIES.indexOf(right.severity),
  );
  return {
    tensors,
    formats: names,
    quantization,
    totals: totalsOf(tensors),
    findings: list,
    loading: judgeLoading({ formats: names, quantization, hasConfig: config !== null, findings: list }),
  };
}

const SEVERITIES = ['error', 'warning', 'note'];

function unclaimed(stored: readonly StoredTensor[], described: readonly DescribedTensor[]): readonly StoredTensor[] {
  const claimed: Set<string> = new Set();
  for (const { components } of described) for (const { name } of components.values()) claimed.add(name);
  return stored.filter(({ name }) => !claimed.has(name));
}

function place(
  ordered: readonly DescribedTensor[],
  config: JsonObject | null,
  isQuantized: boolean,
): readonly InspectedTensor[] {
  const parameters = parametersOf(
    { config },
    ordered.map(({ name, shape, components }) => {
      const [first] = components.values();
      // What a weight was is a float, whatever its codes are; a plain tensor is what it is.
      const dtype = components.has('') && first !== undefined ? first.dtype : 'BF16';
      return { name, dtype, shape: shape ?? [], shard: 0, begin: 0, end: 0 };
    }),
  );
  const strange = strangeModules(ordered);
  return ordered.map((tensor, at): InspectedTensor => {
    const { module = '', kind = 'other', parameter = '' } = parameters[at] ?? {};
    const plain = tensor.components.get('');
    const bytes = bytesOf(tensor);
    const isStrange = plain !== undefined && kind !== 'buffer' && !isOrdinary(plain);
    const beside = plain !== undefined && strange.has(module) && parameter !== 'weight' && parameter !== 'bias';
    const isScale = plain !== undefined && isQuantized && (isAuxiliary(plain) || isOrphan(plain));
    const elements = isStrange ? null : tensor.elements;
    return {
      ...tensor,
      elements,
      module,
      kind,
      words: tensor.scheme === null ? null : schemeWords(tensor.scheme),
      bytes,
      bitsPerWeight: bitsPer(bytes, elements),
      isParameter: kind !== 'buffer' && !isScale && (isStrange || !beside),
    };
  });
}

/** Modules with codes that no format knows: what else they hold are scales rather than parameters. */
function strangeModules(tensors: readonly DescribedTensor[]): ReadonlySet<string> {
  const modules: Set<string> = new Set();
  for (const { name, components } of tensors) {
    const plain = components.get('');
    if (plain !== undefined && plain.shape.length > 0 && plain.dtype !== 'I64' && !isOrdinary(plain)) {
      modules.add(name.slice(0, Math.max(0, name.lastIndexOf('.'))));
    }
  }
  return modules;
}

/** The model's own order where it is known; by name for the rest, layer 2 before layer 10. */
function inOrder(tensors: readonly DescribedTensor[], order: readonly string[]): readonly DescribedTensor[] {
  const ranks: Map<string, number> = new Map(order.map((name, rank) => [name, rank]));
  const keyed = tensors.map((tensor) => ({
    tensor,
    rank: ranks.get(tensor.name) ?? order.length,
    key: tensor.name.replace(/\d+/g, (digits) => digits.padStart(9, '0')),
  }));
  keyed.sort((left, right) => left.rank - right.rank || (left.key < right.key ? -1 : left.key > right.key ? 1 : 0));
  return keyed.map(({ tensor }) => tensor);
}

// A quant_state has 200 bytes, a weight_shape 16.
const MAX_SMALL_BYTES = 65_536;
// A model has a dozen shapes of weights; a hostile one as many as it likes.
const MAX_READS = 512;

function smallReader(checkpoint: DescribableCheckpoint, findings: FindingGroups): FormatContext['readSmall'] {
  let reads = 0;
  return async (tensor) => {
    const source = checkpoint.shards[tensor.shard]?.source;
    if (source === undefined || tensor.end - tensor.begin > MAX_SMALL_BYTES) return null;
    reads += 1;
    if (reads > MAX_READS) {
      const what = `more than ${MAX_READS} small tensors would have to be read to know all shapes; the rest are not`;
      if (reads === MAX_READS + 1) findings.add({ id: 'not-read', severity: 'warning', what }, tensor.name);
      return null;
    }
    try {
      return await source.read(tensor.begin, tensor.end);
    } catch (error) {
      if (!FewbitError.isInstance(error)) throw error;
      findings.add({ id: 'not-read', severity: 'warning', what: `it cannot be read: ${error.message}` }, tensor.name);
      return null;
    }
  };
}
