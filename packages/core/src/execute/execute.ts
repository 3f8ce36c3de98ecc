import type { Sink } from '../contracts/io.ts';
import { FewbitError } from '../errors.ts';
import type { Plan, PlannedTensor, WorkItem } from '../plan/plan.ts';
import type { Recipe } from '../recipe/recipe.ts';
import { bytesPerElement } from '../dtype.ts';
import { RANGE_BYTES } from '../plan/ranges.ts';
import type { ItemRunner } from './item-runner.ts';
import type { RunnableItem } from './runnable-item.ts';
import { createStatistics, type Statistics } from './statistics.ts';

/** The part of the platform's AbortSignal that a run looks at. */
export interface AbortSource {
  readonly aborted: boolean;
  readonly reason?: unknown;
}

/** How far a run is. */
export interface Progress {
  /** Input bytes read so far, a measured tensor's counted twice. */
  readonly doneBytes: number;
  readonly totalBytes: number;
}

export interface ExecuteOptions {
  /** The recipe that the plan was made from. */
  readonly recipe: Recipe;
  /** One or more; items go to whichever is free. */
  readonly runners: readonly ItemRunner[];
  readonly sink: Sink;
  readonly onProgress?: (progress: Progress) => void;
  /** Stops the run between batches. */
  readonly signal?: AbortSource;
}

/**
 * Carries out a plan: files are made under temporary names with their headers, items run on all runners, and only when
 * everything is written does anything get its final name. Whatever goes wrong, what was written is removed.
 *
 * @throws FewbitError (`FEWBIT_ABORTED`) when `signal` fires; otherwise the first error of a source, a sink or a backend.
 */
export async function executePlan(plan: Plan, options: ExecuteOptions): Promise<void> {
  const { sink } = options;
  try {
    for (const { name, byteLength, head } of plan.files) {
      await sink.create(name, byteLength);
      await sink.write(name, 0, head);
    }
    await runItems(plan, options);
    await sink.finish();
  } catch (error) {
    await sink.abort();
    throw error;
  }
}

async function runItems(plan: Plan, { recipe, runners, onProgress, signal }: ExecuteOptions): Promise<void> {
  const statistics = createStatistics(plan, recipe);
  let totalBytes = 0;
  for (const item of plan.items) totalBytes += inputBytes(item, tensorOf(plan, item));
  let doneBytes = 0;

  // Measuring everything first costs one barrier for the whole run; a barrier for each tensor would idle the workers at each.
  for (const isPhase of [(item: WorkItem) => item.phase === 'measure', (item: WorkItem) => item.phase !== 'measure']) {
    const batches = batchesOf(plan, isPhase, runners.length);
    let failure: { readonly error: unknown } | null = null;
    const drain = async (runner: ItemRunner): Promise<void> => {
      for (let next = batches.next(); !next.done && failure === null; next = batches.next()) {
        if (signal?.aborted) throw aborted(signal);
        const items = next.value;
        const measured = await runner.run(runnables(plan, items, statistics));
        items.forEach((item, position) => {
          statistics.add(item, measured[position] ?? null);
          doneBytes += inputBytes(item, tensorOf(plan, item));
        });
        onProgress?.({ doneBytes, totalBytes });
      }
    };
    // The other runners finish the batch they are in before anything is removed, so that no write follows the removal.
    await Promise.all(
      runners.map((runner) =>
        drain(runner).catch((error: unknown) => {
          failure ??= { error };
        }),
      ),
    );
    rethrow(failure);
  }
}

function rethrow(failure: { readonly error: unknown } | null): void {
  if (failure !== null) throw failure.error;
}

/** Items of one tensor share its description, and the places of its components: in the message to a worker, too. */
function runnables(plan: Plan, items: readonly WorkItem[], statistics: Statistics): readonly RunnableItem[] {
  const places: Map<number, RunnableItem['outputs']> = new Map();
  return items.map((item) => {
    const { phase, start, end } = item;
    const outputs = places.get(item.tensor) ?? plan.outputsOf(item.tensor);
    places.set(item.tensor, outputs);
    const statistic = phase === 'quantize' ? statistics.of(item) : null;
    return { phase, start, end, tensor: tensorOf(plan, item), outputs, statistic };
  });
}

/**
 * Items of a phase in the plan's order, many ranges at a time: a runner should not wait for a message after each. Batches get
 * smaller towards the end, so that the runners finish together.
 */
function* batchesOf(
  plan: Plan,
  isPhase: (item: WorkItem) => boolean,
  runners: number,
): Generator<readonly WorkItem[], undefined> {
  let left = 0;
  for (const item of plan.items) if (isPhase(item)) left += inputBytes(item, tensorOf(plan, item));
  let batch: WorkItem[] = [];
  let bytes = 0;
  for (const item of plan.items) {
    if (!isPhase(item)) continue;
    batch.push(item);
    bytes += inputBytes(item, tensorOf(plan, item));
    const enough = Math.min(MOST_BATCH_BYTES, left / runners / BATCHES_LEFT);
    if (bytes >= Math.max(LEAST_BATCH_BYTES, enough) || batch.length >= ITEMS_PER_BATCH) {
      yield batch;
      left -= bytes;
      batch = [];
      bytes = 0;
    }
  }
  if (batch.length > 0) yield batch;
  return undefined;
}

const LEAST_BATCH_BYTES = 2 * RANGE_BYTES;
/** An abort waits for them, and progress shows after them: hundredths of a second, or some tenths with a slow backend. */
const MOST_BATCH_BYTES = 32 * RANGE_BYTES;
/** Batches of a size that each runner could still take, at least. */
const BATCHES_LEFT = 4;

// Bounds the message to a worker when a checkpoint is all tiny tensors.
const ITEMS_PER_BATCH = 64;

function inputBytes({ phase, start, end }: WorkItem, { parameter }: PlannedTensor): number {
  return (end - start) * (phase === 'copy' ? 1 : bytesPerElement(parameter.dtype));
}

function tensorOf(plan: Plan, item: WorkItem): PlannedTensor {
  const tensor = plan.tensors[item.tensor];
  if (tensor === undefined) {
    throw new FewbitError('FEWBIT_PLAN_INVALID', {
      message: `a work item names tensor ${item.tensor}, which the plan lacks`,
    });
  }
  return tensor;
}

function aborted(signal: AbortSource): FewbitError {
  return new FewbitError('FEWBIT_ABORTED', {
    message: 'the run was aborted; nothing was left under a final name',
    cause: signal.reason,
  });
}
