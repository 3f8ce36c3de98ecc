import { nextDirection, type PlacedRun } from '../inference/placed-run.ts';

/** What runs after what: a model's layers come in the same order again and again. */
export interface Sequence {
  readonly note: (run: PlacedRun) => void;
  /** The run that came after this one both times before, and its direction; null where none did. */
  readonly after: (run: PlacedRun) => Pick<PlacedRun, 'steps' | 'backwards'> | null;
}

export function createSequence(): Sequence {
  const followers: WeakMap<PlacedRun, { readonly run: PlacedRun; readonly sure: boolean }> = new WeakMap();
  let last: PlacedRun | null = null;
  return {
    note: (run) => {
      if (last !== null) {
        const known = followers.get(last);
        if (known?.sure !== true || known.run !== run) followers.set(last, { run, sure: known?.run === run });
      }
      last = run;
    },
    after: (run) => {
      const follower = followers.get(run);
      return follower?.sure === true ? { steps: follower.run.steps, backwards: nextDirection(follower.run) } : null;
    },
  };
}
