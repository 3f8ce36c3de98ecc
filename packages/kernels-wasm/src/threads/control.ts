// What threads tell each other, in 32-bit words of memory that they share. Worker threads read it too (worker-source.ts).

/** The places of the words. */
export const CONTROL = {
  /** Changes with each step: what threads without work wait for. */
  generation: 0,
  /**
   * Which part of which step is next: the step's number in the upper half, the part's in the lower. Who takes a part adds 1 if it
   * still has the value that it had when the step's words were read: so a thread that wakes late takes no part of another step.
   */
  ticket: 1,
  /** Parts that are done: what the caller waits for. */
  done: 2,
  kernel: 3,
  units: 4,
  parts: 5,
  own: 6,
  ownBytes: 7,
  /** Address of the step's words. */
  args: 8,
  /** 1 after a kernel threw. */
  failed: 9,
  /** 1: threads end. */
  stop: 10,
  /** Parts that threads may take: the last one may be the caller's, so that it seldom has to wait for theirs. */
  shared: 11,
  /** 1: parts stand for units from the last to the first. */
  backwards: 12,
  /** What threads without work may prefetch: the step's number, the address of its first part, from one part to the next, and how many. */
  prefetchFor: 13,
  prefetchAt: 14,
  prefetchStride: 15,
  prefetchParts: 16,
} as const;

export const CONTROL_WORDS = 17;
