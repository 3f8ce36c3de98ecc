import type { Backend } from '../contracts/backend.ts';
import type { PlannedOutput } from '../contracts/checkpoint.ts';
import type { ComponentWrite, TensorQuantizer } from '../contracts/config-type.ts';
import type { Sink, Source } from '../contracts/io.ts';
import { bytesPerElement } from '../dtype.ts';
import { FewbitError } from '../errors.ts';
import { assertBitExact } from '../exactness.ts';
import type { PlannedTensor, WorkItem } from '../plan/plan.ts';
import type { Recipe } from '../recipe/recipe.ts';
import { byteLength, type TensorInfo } from '../tensor.ts';
import { createStripes } from './stripes.ts';

/** A work item with all that a runner on another thread or machine needs to know of the plan. */
export interface RunnableItem {
  readonly phase: WorkItem['phase'];
  readonly start: number;
  readonly end: number;
  readonly tensor: PlannedTensor;
  /** Where the tensor's components go. */
  readonly outputs: readonly PlannedOutput[];
  /** The merged statistic of the item's span; null without a measuring phase. */
  readonly statistic: Uint8Array | null;
}

/** Runs items one after the other: a thread, a worker, another machine. */
export interface ItemRunner {
  /** For each item the statistic that measuring gave, or null. */
  readonly run: (items: readonly RunnableItem[]) => Promise<readonly (Uint8Array | null)[]>;
  readonly close: () => Promise<void>;
}

export interface ItemRunnerOptions {
  readonly recipe: Recipe;
  /** By the tensors' `shard`. */
  readonly sources: readonly Source[];
  /** File names, by the outputs' `file`. */
  readonly files: readonly string[];
  readonly sink: Pick<Sink, 'write'>;
  readonly backend: Backend;
  /** Takes a backend that does not promise the reference's bits, too. Default: false. */
  readonly allowInexact?: boolean;
}

interface KnownTensor extends Pick<RunnableItem, 'tensor' | 'outputs'> {
  readonly quantizer: TensorQuantizer;
}

/**
 * A runner in this thread.
 *
 * @throws FewbitError (`FEWBIT_BACKEND_INEXACT`) for a backend that does not promise the reference's bits, unless that is allowed.
 */
export function createItemRunner(options: ItemRunnerOptions): ItemRunner {
  const { recipe, sources, files, sink, backend } = options;
  if (options.allowInexact !== true) assertBitExact(backend);
  const operations = backend.quantizing;
  // One buffer for all items: they run one after the other, and a fresh allocation for each would only feed the collector.
  let buffer = operations.allocate(0);
  let known: KnownTensor | null = null;
  const stripes = createStripes(writeBytes);

  /** The quantizer of an item's tensor, checked against its places; made once for items in a row of one tensor. */
  function quantizerAt({ tensor, outputs }: RunnableItem): TensorQuantizer {
    if (known?.tensor === tensor && known.outputs === outputs) return known.quantizer;
    const quantizer = quantizerOf(tensor, recipe);
    checkPlaces(quantizer.components, outputs, tensor.parameter.name);
    known = { tensor, outputs, quantizer };
    return quantizer;
  }

  async function read({ parameter }: PlannedTensor, start: number, end: number): Promise<Uint8Array> {
    const { name, shard, begin } = parameter;
    const source = sources[shard];
    if (source === undefined) throw outOfPlan(`tensor "${name}" lies in shard ${shard}`);
    if (source.readInto === undefined) return source.read(begin + start, begin + end);
    if (buffer.length < end - start) {
      operations.release(buffer);
      buffer = operations.allocate(end - start);
    }
    const bytes = buffer.subarray(0, end - start);
    await source.readInto(bytes, begin + start);
    return bytes;
  }

  async function write(
    { tensor, outputs }: RunnableItem,
    { component, offset, bytes, runs }: ComponentWrite,
  ): Promise<void> {
    const output = outputs[component];
    if (output === undefined) throw outOfPlan(`"${tensor.parameter.name}" has no component ${component}`);
    const length = runs?.length ?? bytes.length;
    const stride = runs?.stride ?? 0;
    const count = runs === undefined ? 1 : bytes.length / length;
    if (!(offset >= 0 && offset + (count - 1) * stride + length <= output.byteLength)) {
      throw outOfPlan(`a write at ${offset} leaves the ${output.byteLength} bytes of "${output.name}"`);
    }
    if (runs === undefined) await writeBytes(output, offset, bytes);
    else await stripes.add(output, offset, bytes, runs);
  }

  function writeBytes(output: PlannedOutput, offset: number, bytes: Uint8Array): Promise<void> {
    const file = files[output.file];
    if (file === undefined) throw outOfPlan(`"${output.name}" lies in file ${output.file}`);
    return sink.write(file, output.begin + offset, bytes);
  }

  async function runOne(item: RunnableItem): Promise<Uint8Array | null> {
    const { phase, start, end, tensor, statistic, outputs } = item;
    const { name, dtype } = tensor.parameter;
    if (phase === 'copy') {
      checkPlaces([tensor.parameter], outputs, name);
      await write(item, { component: 0, offset: start, bytes: await read(tensor, start, end) });
      return null;
    }
    const quantizer = quantizerAt(item);
    const width = bytesPerElement(dtype);
    const input = await read(tensor, start * width, end * width);
    const request = { input, start, end, backend: operations };
    if (phase === 'measure') {
      if (quantizer.measure === undefined) throw outOfPlan(`"${name}" has nothing to measure`);
      return quantizer.measure.measure(request);
    }
    for (const piece of await quantizer.quantize({ ...request, statistic })) await write(item, piece);
    return null;
  }

  return {
    run: async (items) => {
      const statistics: (Uint8Array | null)[] = [];
      for (const item of items) statistics.push(await runOne(item));
      await stripes.flush();
      return statistics;
    },
    close: () => {
      operations.release(buffer);
      backend.close();
      return Promise.resolve();
    },
  };
}

/** The quantizer of a planned tensor, made anew from the recipe: quantizers are pure, so this is the plan's own. */
export function quantizerOf({ parameter, configEntry }: PlannedTensor, recipe: Recipe): TensorQuantizer {
  const config = configEntry === null ? undefined : recipe.entries[configEntry]?.config;
  if (!config) throw outOfPlan(`"${parameter.name}" has no config at entry ${String(configEntry)} of the recipe`);
  return config.quantizer(parameter);
}

/** @throws FewbitError (`FEWBIT_PLAN_INVALID`) when the layout does not place what the tensor becomes. */
function checkPlaces(components: readonly TensorInfo[], places: readonly PlannedOutput[], name: string): void {
  for (const [position, component] of components.entries()) {
    const seen = places[position]?.byteLength;
    if (seen === byteLength(component)) continue;
    throw outOfPlan(`component ${position} of "${name}" got ${seen ?? 'no'} bytes and has ${byteLength(component)}`);
  }
}

function outOfPlan(message: string): FewbitError {
  return new FewbitError('FEWBIT_PLAN_INVALID', { message, hint: 'The plan and what runs it do not belong together.' });
}
