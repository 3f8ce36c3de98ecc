/** Which kind of key decided, highest first; `none` when no key did. */
export type Tier = 'parameter' | 'module' | 'parameter-regex' | 'module-regex' | 'default' | 'none';

export const TIERS: readonly Tier[] = ['parameter', 'module', 'parameter-regex', 'module-regex', 'default', 'none'];

/** One parameter's verdict: which key decided, and whether a config or null follows from it. */
export interface Resolution {
  readonly tier: Tier;
  /** Index of the deciding entry in the recipe; -1 when `tier` is `none`. */
  readonly entry: number;
  /**
   * - `config`: the entry's config applies to this parameter.
   * - `null-config`: the entry says to leave it alone.
   * - `module-key`: a key of the module decided, and it speaks only for the module's `weight`.
   * - `no-key`: no key matches.
   * - `buffer`: not a parameter, so no key was asked.
   */
  readonly outcome: 'config' | 'null-config' | 'module-key' | 'no-key' | 'buffer';
}

/** A key that also matched and lost. */
export interface LosingKey {
  readonly entry: number;
  readonly tier: Tier;
}
