import type { PlainEnds } from './plain-ends.ts';
import { templateOf } from './names.ts';

/** What the names of a model look like, but for their numbers. */
export interface NameKinds {
  /** False when no name, whatever its numbers, begins and ends with these characters. Takes far less time than to try all names. */
  readonly mayHave: (ends: PlainEnds) => boolean;
}

/** @param names At least one of each kind: names that differ only in numbers are of one. */
export function nameKinds(names: Iterable<string>): NameKinds {
  const templates: Set<string> = new Set();
  for (const name of names) templates.add(templateOf(name));
  const all = [...templates];
  return {
    mayHave: ({ start, end }) => {
      const begins = templateOf(wholeFront(start));
      const closes = templateOf(wholeBack(end));
      return all.some((template) => template.startsWith(begins) && template.endsWith(closes));
    },
  };
}

/** Without a number at its end, which may go on in the name. */
function wholeFront(start: string): string {
  return start.replace(/(?<=^|\.)\d+$/, '');
}

/** Without a number at its beginning, of which more may stand before it in the name. */
function wholeBack(end: string): string {
  return end.replace(/^\d+(?=\.|$)/, '');
}
