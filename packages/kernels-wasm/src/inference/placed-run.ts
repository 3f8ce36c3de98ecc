import { MOST_WORDS, type Step, type StepKernel } from '../module/steps.ts';
import type { PackedLinear } from './family.ts';
import { spaced, type LayerMemory } from './layer-memory.ts';
import type { RunSpace } from './run-space.ts';

/** A step whose words the memory has, at `args`. */
export interface PlacedStep extends Step {
  readonly args: number;
  readonly run: StepKernel;
}

/** What a layer does with so many rows at one place of the memory. */
export interface PlacedRun {
  readonly rows: number;
  /** Addresses of x: f32[M, K] and y: f32[M, N]. */
  readonly x: number;
  readonly y: number;
  readonly steps: readonly PlacedStep[];
  /** Whether parts of weights come last to first. */
  backwards: boolean;
}

/**
 * The direction of the run after this one. A layer that takes one row after another goes backwards every other time: it begins with what the run before
 * has left in a cache, and what a weight larger than the cache would else push out before it is read.
 */
export function nextDirection({ rows, backwards }: PlacedRun): boolean {
  return rows === 1 && !backwards;
}

/** Runs of one layer. */
export interface PlacedRuns {
  /** Valid until the next one, of any layer. */
  readonly of: (rows: number) => PlacedRun;
  readonly release: () => void;
}

/** More steps than any family has. */
const MOST_STEPS = 8;

/**
 * The last run is kept: who generates text runs one row after another, and behind a weight that fills every cache, making the
 * steps anew takes as long as some of them.
 */
export function createPlacedRuns(
  memory: LayerMemory,
  space: RunSpace,
  packed: PackedLinear,
  { inFeatures, outFeatures }: { readonly inFeatures: number; readonly outFeatures: number },
): PlacedRuns {
  let args: number | null = null;
  let last: PlacedRun | null = null;
  let lastBytes = 0;

  function place(rows: number): PlacedRun {
    const xBytes = spaced(4 * rows * inFeatures);
    const yBytes = spaced(4 * rows * outFeatures);
    lastBytes = xBytes + yBytes + packed.scratchBytes(rows);
    const x = space.reserve(lastBytes);
    const y = x + xBytes;
    args ??= memory.allocate(4 * MOST_WORDS * MOST_STEPS);
    const steps = packed.steps({ rows, x, y, scratch: y + yBytes });
    if (steps.length > MOST_STEPS) throw new Error(`a run of ${steps.length} steps`);
    let at = args;
    const placed = steps.map((step) => {
      writeWords(memory, at, step);
      const here = { ...step, args: at, run: memory.kernels[step.kernel] };
      at += 4 * MOST_WORDS;
      return here;
    });
    return { rows, x, y, steps: placed, backwards: true };
  }

  return {
    of: (rows) => {
      if (last?.rows !== rows || space.reserve(lastBytes) !== last.x) {
        last = null;
        last = place(rows);
      }
      last.backwards = nextDirection(last);
      return last;
    },
    release: () => {
      if (args !== null) memory.free(args);
    },
  };
}

function writeWords(memory: LayerMemory, at: number, { words }: Step): void {
  if (words.length > MOST_WORDS) throw new Error(`a step of ${words.length} words`);
  const { buffer } = memory.bytes(at, 4 * words.length);
  new Int32Array(buffer, at, words.length).set(words);
}
