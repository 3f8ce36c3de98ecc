import type { Backend } from '../contracts/backend.ts';
import type { PlannedOutput } from '../contracts/checkpoint.ts';
import type { ComponentWrite, TensorQuantizer } from '../contracts/config-type.ts';
import type { Sink, Source } from '../contracts/io.ts';
import { FewbitError } from '../errors.ts';
import { assertBitExact } from '../exactness.ts';
import type { PlannedTensor } from '../plan/plan.ts';
import type { Recipe } from '../recipe/recipe.ts';
import { byteLength, type TensorInfo } from '../tensor.ts';
import { createItemInputs } from './item-inputs.ts';
import type { RunnableItem } from './runnable-item.ts';
import { createStripes } from './stripes.ts';

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
  readonly sink: Pick<Sink, 'write' | 'isBusy'>;
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
  const inputs = createItemInputs(sources, operations, outOfPlan);
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

  /** `next` is what runs after it, if anything. */
  async function runOne(item: RunnableItem, next: RunnableItem | undefined): Promise<Uint8Array | null> {
    const { phase, start, end, tensor, statistic, outputs } = item;
    const { name } = tensor.parameter;
    if (phase === 'copy') {
      checkPlaces([tensor.parameter], outputs, name);
      await writeAll(item, [{ component: 0, offset: start, bytes: await inputs.take(item) }], next);
      return null;
    }
    const quantizer = quantizerAt(item);
    const request = { input: await inputs.take(item), start, end, backend: operations };
    if (phase === 'measure') {
      if (quantizer.measure === undefined) throw outOfPlan(`"${name}" has nothing to measure`);
      return quantizer.measure.measure(request);
    }
    await writeAll(item, await quantizer.quantize({ ...request, statistic }), next);
    return null;
  }

  async function writeAll(
    item: RunnableItem,
    pieces: readonly ComponentWrite[],
    next: RunnableItem | undefined,
  ): Promise<void> {
    if (next !== undefined && sink.isBusy?.() === true) await inputs.readAhead(next);
    for (const piece of pieces) await write(item, piece);
  }

  return {
    run: async (items) => {
      const statistics: (Uint8Array | null)[] = [];
      for (const [at, item] of items.entries()) statistics.push(await runOne(item, items[at + 1]));
      await stripes.flush();
      return statistics;
    },
    close: () => {
      inputs.release();
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
