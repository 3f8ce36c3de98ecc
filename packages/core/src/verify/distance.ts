/** How far a tensor is from the original. */
export interface Distance {
  /** Signal to quantization noise, 10 log10(Σ x² / Σ (x − y)²), in dB; null when it is infinite or not a number. */
  readonly sqnrDb: number | null;
  /** True when no element differs. */
  readonly exact: boolean;
  /** Largest |x − y|; null when nothing could be compared. */
  readonly maxError: number | null;
  /** Σ x² and Σ (x − y)², for totals over several tensors. */
  readonly signal: number;
  readonly noise: number;
}

/** Adds up a distance range by range, in f64. */
export function createDistance(): {
  readonly add: (original: Float32Array, other: Float32Array) => void;
  readonly result: () => Distance;
} {
  let signal = 0;
  let noise = 0;
  let maxError = 0;
  let exact = true;
  return {
    add: (original, other) => {
      for (let at = 0; at < original.length; at += 1) {
        const value = original[at] ?? NaN;
        const restored = other[at] ?? NaN;
        // Infinities and NaN that came back as they were are no error.
        if (Object.is(value, restored)) {
          if (Number.isFinite(value)) signal += value * value;
          continue;
        }
        const error = Math.abs(value - restored);
        exact &&= error === 0;
        signal += value * value;
        noise += error * error;
        maxError = Math.max(maxError, error);
      }
    },
    result: () => ({ sqnrDb: sqnrDb(signal, noise), exact, maxError, signal, noise }),
  };
}

/** In dB; null when it is infinite or not a number. */
export function sqnrDb(signal: number, noise: number): number | null {
  const ratio = 10 * Math.log10(signal / noise);
  return Number.isFinite(ratio) ? ratio : null;
}
