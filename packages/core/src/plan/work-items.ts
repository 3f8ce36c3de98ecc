import type { WorkItem, WorkItems } from './plan.ts';

const PHASES: readonly WorkItem['phase'][] = ['copy', 'measure', 'quantize'];
const FIRST_CAPACITY = 64;

/** Work items to which more are added. */
export interface GrowingWorkItems extends WorkItems {
  readonly push: (item: WorkItem) => void;
  /** So that a plan as JSON has the list of them. */
  readonly toJSON: () => readonly WorkItem[];
}

/**
 * An empty list of work items. It keeps them as columns, 21 bytes each: a large model has some 200,000, and as many objects would
 * cost more time to keep than to make.
 */
export function createWorkItems(): GrowingWorkItems {
  let phases = new Uint8Array(FIRST_CAPACITY);
  let tensors = new Uint32Array(FIRST_CAPACITY);
  let starts = new Float64Array(FIRST_CAPACITY);
  let ends = new Float64Array(FIRST_CAPACITY);
  let length = 0;

  function grow(): void {
    const capacity = phases.length * 2;
    phases = widened(phases, new Uint8Array(capacity));
    tensors = widened(tensors, new Uint32Array(capacity));
    starts = widened(starts, new Float64Array(capacity));
    ends = widened(ends, new Float64Array(capacity));
  }

  function at(index: number): WorkItem | undefined {
    const phase = PHASES[phases[index] ?? PHASES.length];
    if (phase === undefined || index >= length) return undefined;
    return { phase, tensor: tensors[index] ?? 0, start: starts[index] ?? 0, end: ends[index] ?? 0 };
  }

  function* all(): Generator<WorkItem, void> {
    for (let index = 0; index < length; index++) {
      const item = at(index);
      if (item !== undefined) yield item;
    }
  }

  return {
    get length() {
      return length;
    },
    push: ({ phase, tensor, start, end }) => {
      if (length === phases.length) grow();
      phases[length] = PHASES.indexOf(phase);
      tensors[length] = tensor;
      starts[length] = start;
      ends[length] = end;
      length += 1;
    },
    at,
    [Symbol.iterator]: all,
    toJSON: () => [...all()],
  };
}

function widened<Column extends Uint8Array | Uint32Array | Float64Array>(column: Column, wider: Column): Column {
  wider.set(column);
  return wider;
}
