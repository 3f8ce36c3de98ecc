/** What both modules export for packing weights (assembly/inference/): addresses and lengths are bytes. */
export interface PackingKernels {
  /** Tiles over so many rows of activations. */
  readonly tilesOf: (rows: number) => number;
  readonly packPanels: (
    source: number,
    rowBytes: number,
    rows: number,
    unit: number,
    paired: number,
    flip: number,
    target: number,
  ) => void;
  readonly sumCodes: (source: number, columns: number, rows: number, target: number) => void;
  readonly packStatistics: (
    scales: number,
    dtype: number,
    zeros: number,
    zeroKind: number,
    first: number,
    rows: number,
    groups: number,
    shared: number,
    scaleTo: number,
    zeroTo: number,
    restTo: number,
  ) => void;
  /** 1 where all codes have that many bits, else 0. */
  readonly codesFit: (source: number, count: number, bits: number) => number;
  readonly sumBlocks: (weights: number, bits: number, panelBytes: number, panels: number, target: number) => void;
  readonly packNibbles: (source: number, count: number, target: number) => void;
  /** 1 where any of the f16 is infinite or NaN, else 0. */
  readonly anyUnbounded: (source: number, count: number) => number;
}
