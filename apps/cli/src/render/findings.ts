import type { Finding } from '@fewbit/core';
import { styleOf, type Style } from './style.ts';
import { printable } from './table.ts';
import { countText } from './count.ts';

// Of one sort; a recipe with a key for each expert of another model has thousands.
const MOST_OF_A_SORT = 20;

/** Loud: a key that does nothing is what users never notice. */
export function findingsText(
  findings: readonly Finding[],
  { style = styleOf(false), all = false }: { readonly style?: Style; readonly all?: boolean } = {},
): string {
  if (findings.length === 0) return '';
  const counts: Map<string, number> = new Map();
  const lines = findings.flatMap(({ id, severity, message }) => {
    const count = (counts.get(id) ?? 0) + 1;
    counts.set(id, count);
    if (!all && count > MOST_OF_A_SORT) return [];
    return [`${severity === 'warning' ? style.warn('WARNING:') : 'note:'} ${printable(message)}`];
  });
  for (const [id, count] of counts) {
    const left = count - MOST_OF_A_SORT;
    if (!all && left > 0)
      lines.push(`${style.warn('WARNING:')} … and ${countText(left)} more of the sort ${id} (--json has all)`);
  }
  return `\n${lines.join('\n')}\n`;
}
