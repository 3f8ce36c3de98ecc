import { nodeCount, type Re } from './expression.ts';

/** Sequences of more items that may all be empty are left as they are. */
const MAX_ITEMS = 8;
/** How many times as large an expression may become. */
const MAX_GROWTH = 4;

const known: WeakMap<Re, boolean> = new WeakMap();

/** Whether an expression matches the empty string wherever it stands. */
export function isNullable(re: Re): boolean {
  let nullable = known.get(re);
  if (nullable === undefined) {
    nullable = findNullable(re);
    known.set(re, nullable);
  }
  return nullable;
}

function findNullable(re: Re): boolean {
  switch (re.op) {
    case 'set':
    case 'assert':
      return false;
    case 'cat':
      return re.items.every(isNullable);
    case 'or':
      return re.branches.some(isNullable);
    case 'repeat':
      return re.min === 0 || isNullable(re.body);
  }
}

/** How expressions are made of others: an arena. */
interface Combine {
  readonly cat: (items: readonly Re[]) => Re;
  readonly or: (branches: readonly Re[]) => Re;
  readonly repeat: (body: Re, min: number, max: number) => Re;
}

/** What an expression matches but for the empty string; undefined where assertions are in the way, or it would be large. */
export function withoutEmpty(re: Re, combine: Combine): Re | undefined {
  const rest = strip(re, combine);
  return rest && nodeCount(rest) <= MAX_GROWTH * nodeCount(re) ? rest : undefined;
}

function strip(re: Re, combine: Combine): Re | undefined {
  switch (re.op) {
    case 'set':
      return re;
    case 'assert':
      return undefined;
    case 'cat': {
      if (re.items.length > MAX_ITEMS) return undefined;
      // The first item that is not empty, and all that follow it.
      return union(
        re.items.map((item, i) => {
          const first = strip(item, combine);
          return first && combine.cat([first, ...re.items.slice(i + 1)]);
        }),
        combine,
        re.items.findIndex((item) => !isNullable(item)),
      );
    }
    case 'or':
      return union(
        re.branches.map((branch) => strip(branch, combine)),
        combine,
      );
    case 'repeat': {
      const body = strip(re.body, combine);
      return body && combine.repeat(body, isNullable(re.body) ? 1 : Math.max(1, re.min), re.max);
    }
  }
}

/** All branches up to number `last`, or all when it is negative; undefined when one of them is. */
function union(branches: readonly (Re | undefined)[], combine: Combine, last = -1): Re | undefined {
  const wanted = last < 0 ? branches : branches.slice(0, last + 1);
  const out = wanted.filter((branch) => branch !== undefined);
  return out.length === wanted.length ? combine.or(out) : undefined;
}
