import type { Sink } from '../contracts/io.ts';
import { FewbitError } from '../errors.ts';
import type { Plan, PlannedTensor, WorkItem } from '../plan/plan.ts';
import type { Recipe } from '../recipe/recipe.ts';
import { bytesPerElement } from '../dtype.ts';
import { RANGE_BYTES } from '../plan/ranges.ts';
import { type ItemRunner, type RunnableItem } from './item-runner.ts';
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
    const batches = batchesOf(plan, isPhase);
    let failure: { readonly error: unknown } | null = null;
    const drain = async (runner: ItemRunner): Promise<void> => {
      for (let next = batches.next(); !next.done && failure === null; next = batches.next()) {
        if (signal?.aborted) throw aborted(signal);
        const items = next.value;
        const measured = await runner.run(items.map((item) => runnable(plan, item, statistics)));
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

function runnable(plan: Plan, item: WorkItem, statistics: Statistics): RunnableItem {
  const { phase, start, end } = item;
  return {
    phase,
    start,
    end,
    tensor: tensorOf(plan, item),
    outputs: plan.outputsOf(item.tensor),
    statistic: phase === 'quantize' ? statistics.of(item) : null,
  };
}

/** Items of a phase in the plan's order, some ranges at a time: a runner should not wait for a message after each. */
function* batchesOf(plan: Plan, isPhase: (item: WorkItem) => boolean): Generator<readonly WorkItem[], undefined> {
  let batch: WorkItem[] = [];
  let bytes = 0;
  for (const item of plan.items) {
    if (!isPhase(item)) continue;
    batch.push(item);
    bytes += inputBytes(item, tensorOf(plan, item));
    if (bytes >= BATCH_BYTES || batch.length >= ITEMS_PER_BATCH) {
      yield batch;
      batch = [];
      bytes = 0;
    }
  }
  if (batch.length > 0) yield batch;
  return undefined;
}

const BATCH_BYTES = 8 * RANGE_BYTES;

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
