import type { Arena, Re } from './arena.ts';
import { nodeCount } from './nfa.ts';

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

/** What an expression matches but for the empty string; undefined where assertions are in the way, or it would be large. */
export function withoutEmpty(re: Re, arena: Arena): Re | undefined {
  const rest = strip(re, arena);
  return rest && nodeCount(rest) <= MAX_GROWTH * nodeCount(re) ? rest : undefined;
}

function strip(re: Re, arena: Arena): Re | undefined {
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
          const first = strip(item, arena);
          return first && arena.cat([first, ...re.items.slice(i + 1)]);
        }),
        arena,
        re.items.findIndex((item) => !isNullable(item)),
      );
    }
    case 'or':
      return union(
        re.branches.map((branch) => strip(branch, arena)),
        arena,
      );
    case 'repeat': {
      const body = strip(re.body, arena);
      return body && arena.repeat(body, isNullable(re.body) ? 1 : Math.max(1, re.min), re.max);
    }
  }
}

/** All branches up to number `last`, or all when it is negative; undefined when one of them is. */
function union(branches: readonly (Re | undefined)[], arena: Arena, last = -1): Re | undefined {
  const wanted = last < 0 ? branches : branches.slice(0, last + 1);
  const out = wanted.filter((branch) => branch !== undefined);
  return out.length === wanted.length ? arena.or(out) : undefined;
}
