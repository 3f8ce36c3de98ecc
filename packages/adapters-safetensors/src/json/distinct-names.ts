import { sortNames } from '@fewbit/core';

/**
 * A name that the list has again; null when all are distinct.
 *
 * Writers that sort make it cheap: what ascends is distinct, and only other names are sorted here, which takes less time than
 * to fill a set of them, and which no choice of names makes slow.
 */
export function nameThatOccursTwice(names: readonly string[]): string | null {
  if (isAscending(names)) return null;
  const { order, continues } = sortNames(names);
  for (let place = 1; place < order.length; place++) {
    if (continues[place] === 0) continue;
    const name = names[order[place] ?? 0] ?? '';
    if (name === names[order[place - 1] ?? 0]) return name;
  }
  return null;
}

function isAscending(names: readonly string[]): boolean {
  for (let index = 1; index < names.length; index++)
    if (!((names[index - 1] ?? '') < (names[index] ?? ''))) return false;
  return true;
}
