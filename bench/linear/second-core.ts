import { sample, shuffled, timingOf, warmUp, type Contender, type Timing } from './interleave.ts';

/** The same work on one thread and on two, and what shows how free the second core is. */
export interface ThreadContenders {
  readonly one: Contender;
  readonly two: Contender;
  /** A loop over memory or registers. */
  readonly alone: Contender;
  /** Half of that loop on each of two threads, which share nothing. */
  readonly both: Contender;
}

/** Plain data. */
export interface ThreadTimings {
  /** Of the rounds in which the second core was free; null where there are too few to judge by. */
  readonly free: { readonly one: Timing; readonly two: Timing } | null;
  readonly freeRounds: number;
  readonly rounds: number;
  /** Of all rounds. */
  readonly all: { readonly one: Timing; readonly two: Timing };
  /** How many times as fast as one thread two were that share nothing: the median of all rounds. */
  readonly machine: number;
}

/** Two threads that share nothing and are so many times as fast as one have both cores to themselves. */
export const FREE = 1.8;
/** Fewer say nothing. */
const LEAST_FREE = 5;
/** So many rounds are enough; as long as fewer were free it goes on. */
const ENOUGH_FREE = 31;
const MOST_ROUNDS = 400;

/**
 * A machine that others use too gives a second core to one program at some times and not at others, which says nothing about
 * the program. So what two threads reach that share nothing is measured right before, between and right after ours on one thread
 * and on two, and a round counts as free where all three show it. Whether they do has nothing to do with how fast ours were.
 */
export async function measureThreads({ one, two, alone, both }: ThreadContenders): Promise<ThreadTimings> {
  const [ours, threaded, loop, loops] = [await warmUp(one), await warmUp(two), await warmUp(alone), await warmUp(both)];
  const rounds: Round[] = [];
  let free: readonly Round[] = [];
  while (rounds.length < ENOUGH_FREE || (free.length < ENOUGH_FREE && rounds.length < MOST_ROUNDS)) {
    const round: Round = { one: NaN, two: NaN, alone: await sample(loop), both: [await sample(loops)] };
    for (const which of shuffled(['one', 'two'] as const, rounds.length)) {
      round[which] = await sample(which === 'one' ? ours : threaded);
      round.both.push(await sample(loops));
    }
    rounds.push(round);
    const usual = timingOf(rounds.map((each) => each.alone)).median;
    free = rounds.filter((each) => usual / Math.max(...each.both) >= FREE);
  }
  const usual = timingOf(rounds.map((each) => each.alone)).median;
  return {
    free: free.length < LEAST_FREE ? null : timingsOf(free),
    freeRounds: free.length,
    rounds: rounds.length,
    all: timingsOf(rounds),
    machine: usual / timingOf(rounds.flatMap((each) => each.both)).median,
  };
}

/** Seconds of each. */
interface Round {
  one: number;
  two: number;
  readonly alone: number;
  /** Before, between and after `one` and `two`. */
  readonly both: number[];
}

function timingsOf(rounds: readonly Round[]): { readonly one: Timing; readonly two: Timing } {
  return { one: timingOf(rounds.map((round) => round.one)), two: timingOf(rounds.map((round) => round.two)) };
}
