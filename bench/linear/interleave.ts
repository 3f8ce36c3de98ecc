import { xorshift } from './random.ts';

/** One of those that do the same work. */
export interface Contender {
  readonly name: string;
  /** Does the work once; `turn` counts the calls, for those that take another weight each time. */
  readonly call: (turn: number) => unknown;
}

/** Seconds of a call. */
export interface Timing {
  readonly best: number;
  readonly median: number;
}

/** A contender with the number of calls that a sample of it takes. */
export interface Runner {
  readonly contender: Contender;
  readonly calls: number;
  turn: number;
}

const WARM_UP_CALLS = 50;
/** A clock may tick as coarsely as 0.1 ms (a page that is not isolated). */
const SAMPLE_SECONDS = 0.01;
const SAMPLES = 31;

/** Engines compile anew what runs often, so each is called 50 times first. */
export async function warmUp(contender: Contender): Promise<Runner> {
  const runner: Runner = { contender, calls: WARM_UP_CALLS, turn: 0 };
  await sample(runner);
  const seconds = await sample({ ...runner, calls: 5 });
  return { ...runner, calls: Math.max(1, Math.ceil(SAMPLE_SECONDS / seconds)) };
}

/**
 * Times the contenders in turn, in another order each round: what disturbs one disturbs all, and what comes before a sample
 * (a cache that others filled, the end of a slice of time) is not always the same.
 */
export async function interleave(contenders: readonly Contender[]): Promise<ReadonlyMap<string, Timing>> {
  const timed: { readonly runner: Runner; readonly samples: number[] }[] = [];
  for (const contender of contenders) timed.push({ runner: await warmUp(contender), samples: [] });
  for (let round = 0; round < SAMPLES; round += 1) {
    for (const { runner, samples } of shuffled(timed, round)) samples.push(await sample(runner));
  }
  return new Map(timed.map(({ runner, samples }) => [runner.contender.name, timingOf(samples)]));
}

export function shuffled<T>(values: readonly T[], seed: number): readonly T[] {
  const random = xorshift(seed + 1);
  return values
    .map((value) => ({ value, rank: random() }))
    .toSorted((left, right) => left.rank - right.rank)
    .map(({ value }) => value);
}

/** Seconds of a call, over some. */
export async function sample(runner: Runner): Promise<number> {
  const { contender, calls } = runner;
  const started = performance.now();
  for (let call = 0; call < calls; call += 1) {
    const result = contender.call(runner.turn);
    runner.turn += 1;
    // Awaiting what is there already would cost a turn of the event loop.
    if (result instanceof Promise) await result;
  }
  return (performance.now() - started) / 1000 / calls;
}

export function timingOf(samples: readonly number[]): Timing {
  const sorted = samples.toSorted((left, right) => left - right);
  return { best: sorted[0] ?? NaN, median: sorted[Math.floor(sorted.length / 2)] ?? NaN };
}
