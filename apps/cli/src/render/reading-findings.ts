import type { DialectHazard, DialectReading, Finding, Recipe } from '@fewbit/core';

/** What a dialect raises, and what goes through it and is broken all the same. */
export function readingFindings(recipe: Recipe, reading: DialectReading | null): readonly Finding[] {
  if (reading === null) return [];
  const { failure, hazards } = reading;
  const told = hazardFindings(recipe, hazards);
  if (failure === null) return told;
  const message = `the run fails: ${failure.error} at ${failure.at}: ${failure.message}`;
  return [{ id: 'dialect-fails', severity: 'warning', message }, ...told];
}

/** One finding for each kind of hazard, not for each tensor or key: a bias in each layer makes hundreds. */
export function hazardFindings({ entries }: Recipe, hazards: readonly DialectHazard[]): readonly Finding[] {
  const kinds: Map<string, { readonly first: DialectHazard; count: number }> = new Map();
  for (const hazard of hazards) {
    const kind = kinds.get(hazard.id) ?? { first: hazard, count: 0 };
    kind.count += 1;
    kinds.set(hazard.id, kind);
  }
  return Array.from(kinds.values(), ({ first: { id, message, at, entry }, count }): Finding => {
    const key = entries[entry]?.key;
    const seen = [...(at === '' ? [] : [at]), ...(key === undefined ? [] : [`key ${JSON.stringify(key)}`])].join(', ');
    const more = count > 1 ? ` and ${count - 1} more` : '';
    const place = seen === '' ? '' : ` (${seen}${more})`;
    return { id, severity: 'warning', message: `${message}${place}`, ...(key !== undefined && { key }) };
  });
}
