import type { Origin } from './origin.ts';

/** Something that a person should know about a conversion. */
export interface ForeignFinding {
  /** Stable, for programs: `scheme-unsupported`. */
  readonly id: string;
  /**
   * - `loss`: the result does something else than the source.
   * - `changed`: the same tensors, with numbers that differ a little, or a form that reads differently.
   * - `note`: nothing is lost.
   */
  readonly severity: 'loss' | 'changed' | 'note';
  /** A sentence without a full stop. */
  readonly message: string;
  /** The entry of the source; null where it is about the whole. */
  readonly origin: Origin | null;
}

/** Findings with an origin. */
export interface Findings {
  readonly list: readonly ForeignFinding[];
  readonly add: (severity: ForeignFinding['severity'], id: string, message: string, origin?: Origin | null) => void;
  readonly addAll: (found: readonly Omit<ForeignFinding, 'origin'>[], origin: Origin | null) => void;
}

export function gatherFindings(): Findings {
  const list: ForeignFinding[] = [];
  const seen: Set<string> = new Set();
  const add: Findings['add'] = (severity, id, message, origin = null) => {
    // Several rules may come of one entry, and many entries may have the same to say of the whole.
    const key = JSON.stringify([id, message, origin?.entry, origin?.position]);
    if (seen.has(key)) return;
    seen.add(key);
    list.push({ id, severity, message, origin });
  };
  return {
    list,
    add,
    addAll: (found, origin) => {
      for (const { severity, id, message } of found) add(severity, id, message, origin);
    },
  };
}
