import type { DialectVerdict } from '@fewbit/core';

/** Makes verdicts; equal ones are one object. */
export interface Verdicts {
  readonly config: (entry: number, because: string) => DialectVerdict;
  readonly plain: (entry: number, because: string) => DialectVerdict;
}

export function createVerdicts(): Verdicts {
  const made: Record<DialectVerdict['outcome'], Map<string, DialectVerdict[]>> = {
    config: new Map(),
    plain: new Map(),
  };
  const make = (outcome: DialectVerdict['outcome'], entry: number, because: string): DialectVerdict => {
    let ofRule = made[outcome].get(because);
    if (ofRule === undefined) made[outcome].set(because, (ofRule = []));
    // Place 0 is for no entry.
    return (ofRule[entry + 1] ??= Object.freeze({ outcome, entry, because }));
  };
  return {
    config: (entry, because) => make('config', entry, because),
    plain: (entry, because) => make('plain', entry, because),
  };
}

export const NO_KEY = 'no key matches';
export const BUFFER = 'it is a buffer, which no key selects';
