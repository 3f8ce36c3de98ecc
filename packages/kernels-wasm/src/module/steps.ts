/** Kernels that run layers, as both modules export them. Threads name them by their place here. */
export const STEP_KERNELS = [
  'quantizeActivations',
  'groupRow',
  'groupRows',
  'groupRowWide',
  'groupRowsWide',
  'groupedRow',
  'groupedRows',
  'groupedRowWide',
  'groupedRowsWide',
  'int8Operands',
  'int8Rows',
  'floatOperands',
  'nibbleOperands',
  'digitOperands',
  'floatRows',
] as const;

export type StepName = (typeof STEP_KERNELS)[number];

/**
 * A kernel over part of a step: `args` is the address of its words (Step.words), `from` to `to` are the units to do, `own` is
 * the address of memory that no other thread touches meanwhile.
 */
export type StepKernel = (args: number, from: number, to: number, own: number) => void;

/** One pass over the data of a layer, whose units can be done in any order and at once. */
export interface Step {
  readonly kernel: StepName;
  /** 32-bit words: addresses, extents, numbers; f32 through `floatWord`. At most MOST_WORDS. */
  readonly words: readonly number[];
  readonly units: number;
  readonly weights: StepWeights | null;
  /** Memory for each thread: one part of `ownBytes` after another, as many as the memory has threads. */
  readonly own: number;
  readonly ownBytes: number;
}

/** Weights that a step reads, those of a unit behind those of the one before. */
export interface StepWeights {
  readonly at: number;
  readonly byteLength: number;
  /** How often they are read: once for each tile of rows, after the first from a cache. */
  readonly times: number;
}

/** Bytes of weights that a step reads, as often as it reads them: what splitting it over threads is worth. */
export function bytesRead({ weights }: Step): number {
  return weights === null ? 0 : weights.byteLength * weights.times;
}

export const MOST_WORDS = 64;

/** The bits of an f32, as a word. */
export function floatWord(value: number): number {
  return new Uint32Array(Float32Array.of(value).buffer)[0] ?? 0;
}
