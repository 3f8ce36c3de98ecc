/** Positions an automaton can test; strings with a newline never reach one, so `$` is just the end. */
export type Assertion = 'start' | 'end' | 'wordEdge' | 'notWordEdge' | 'asciiEdge' | 'notAsciiEdge';

/** A regular expression with identity: equal expressions of one arena are the same object. */
export type Re =
  | { readonly op: 'set'; readonly id: number; readonly set: number }
  | { readonly op: 'cat'; readonly id: number; readonly items: readonly Re[] }
  | { readonly op: 'or'; readonly id: number; readonly branches: readonly Re[] }
  | { readonly op: 'repeat'; readonly id: number; readonly body: Re; readonly min: number; readonly max: number }
  | { readonly op: 'assert'; readonly id: number; readonly at: Assertion };

const counts: WeakMap<Re, number> = new WeakMap();

/** How many nodes an expression needs when its counters are written out; Infinity when beyond counting. */
export function nodeCount(re: Re): number {
  if (re.op === 'set' || re.op === 'assert') return 1;
  let count = counts.get(re);
  if (count === undefined) {
    count = countNodes(re);
    counts.set(re, count);
  }
  return count;
}

function countNodes(re: Re): number {
  switch (re.op) {
    case 'set':
    case 'assert':
      return 1;
    case 'cat':
      return re.items.reduce((sum, item) => sum + nodeCount(item), 0);
    case 'or':
      return re.branches.reduce((sum, branch) => sum + nodeCount(branch) + 1, 0);
    case 'repeat': {
      const body = nodeCount(re.body) + 1;
      return body * (re.max === Infinity ? re.min + 1 : re.max);
    }
  }
}
