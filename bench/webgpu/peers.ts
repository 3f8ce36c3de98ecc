/** Work that fewbit and onnxruntime do side by side on one adapter. */
export interface PeerRow {
  readonly title: string;
  /** Rows of activations. */
  readonly rows: number;
  /** 4: onnxruntime quantizes activations to 8 bits in blocks of 128, we in rows. 0: neither does. */
  readonly accuracyLevel: 0 | 4;
  /** What results may differ by, root mean square over that of the results. */
  readonly tolerance: number;
}

/** In and out features. */
export const FEATURES = 2048;

export const PEER_ROWS: readonly PeerRow[] = [
  { title: 'decode, plain activations', rows: 1, accuracyLevel: 0, tolerance: 1e-5 },
  { title: 'prefill, plain activations', rows: 64, accuracyLevel: 0, tolerance: 1e-5 },
  { title: 'decode, int8 activations', rows: 1, accuracyLevel: 4, tolerance: 0.02 },
  { title: 'prefill, int8 activations', rows: 64, accuracyLevel: 4, tolerance: 0.02 },
];

/** Seconds of a call: as time passed, and of all cores together. */
export interface Cost {
  readonly best: number;
  readonly median: number;
  readonly processor: number;
}

export interface PeerResult {
  readonly title: string;
  readonly activationRows: number;
  readonly kernel: string;
  readonly rounds: number;
  readonly ours: Cost;
  readonly theirs: Cost;
  readonly difference: number;
}

/** Plain data, from the process that measured. */
export interface AdapterResult {
  readonly adapter: string;
  readonly rows: readonly PeerResult[];
}
