export interface BenchContext {
  readonly root: string;
  /** A directory for big files, removed at the end. */
  readonly scratch: string;
  /** The command and its first arguments. */
  readonly fewbit: readonly [string, string];
}

/** A part of RESULTS.md. */
export interface Section {
  readonly name: string;
  /** Markdown. */
  readonly run: (context: BenchContext) => Promise<string>;
}
