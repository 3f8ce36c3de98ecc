import type { PackingKernels } from './packing.ts';
import type { StepKernel, StepName } from './steps.ts';

/** What both modules export. All are synchronous; addresses and lengths are bytes in the module's memory. */
export interface Kernels extends PackingKernels, Readonly<Record<StepName, StepKernel>> {
  readonly probe: (seed: number) => number;
  readonly prefetch: (from: number, byteLength: number) => number;
  readonly byteDots: (seed: number) => number;
  readonly blockMinMax: (
    input: number,
    dtype: number,
    outer: number,
    length: number,
    inner: number,
    low: number,
    high: number,
  ) => void;
  readonly quantizeAffine: (
    input: number,
    dtype: number,
    outer: number,
    length: number,
    inner: number,
    qmin: number,
    qmax: number,
    mapping: number,
    lowestScale: number,
    scaleDtype: number,
    givenLow: number,
    givenHigh: number,
    codes: number,
    scale: number,
    zeroPoint: number,
    scratch: number,
  ) => void;
  readonly dequantizeAffine: (
    codes: number,
    outer: number,
    length: number,
    inner: number,
    scale: number,
    scaleDtype: number,
    zeroPoint: number,
    output: number,
    dtype: number,
  ) => void;
  readonly quantizeInt4: (
    input: number,
    dtype: number,
    blocks: number,
    length: number,
    packed: number,
    scale: number,
    zeroPoint: number,
    scratch: number,
  ) => void;
  readonly dequantizeInt4: (
    packed: number,
    blocks: number,
    length: number,
    scale: number,
    zeroPoint: number,
    output: number,
    dtype: number,
  ) => void;
  readonly quantizeHqq: (
    input: number,
    dtype: number,
    blocks: number,
    length: number,
    qmin: number,
    qmax: number,
    iterations: number,
    scaleDtype: number,
    codes: number,
    scale: number,
    changes: number,
    scratch: number,
  ) => void;
  readonly packGroups: (
    codes: number,
    nibbles: number,
    rows: number,
    columns: number,
    length: number,
    parts: number,
    scale: number,
    scaleDtype: number,
    zero: number,
    floatZeros: number,
    bits: number,
    offset: number,
    correction: number,
    narrow: number,
    output: number,
  ) => number;
}

/** The kernels over a memory. The compiler of a module can be slow, instantiating it is not. */
export function instantiate(module: WebAssembly.Module, memory: WebAssembly.Memory): Kernels {
  // The module is ours, tied to its sources by a hash: its exports are what kernels.ts says.
  return new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Kernels;
}
