import type { PlannedOutput } from '../contracts/checkpoint.ts';
import type { PlannedTensor, WorkItem } from '../plan/plan.ts';

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
