import { isNumber, patternOf } from './group.ts';

/** Rows that differ only in the numbers inside their names, as one. */
export interface NameGroup<Row> {
  /** `model.layers.{0-31}.mlp.up_proj.weight`; `*` where the numbers do not fill a range or combine freely. */
  readonly pattern: string;
  /** At least one, in the order given. */
  readonly rows: readonly [Row, ...Row[]];
}

/**
 * Groups rows whose names are alike but for numbers, in order of first appearance.
 *
 * @param identityOf What rows of one group must share beside the template of their names.
 */
export function groupByName<Row extends { readonly name: string }>(
  rows: readonly Row[],
  identityOf: (row: Row) => string,
): readonly NameGroup<Row>[] {
  const groups: Map<string, { readonly rows: [Row, ...Row[]]; readonly numbers: number[][] }> = new Map();
  for (const row of rows) {
    const parts = row.name.split('.');
    const numbers: number[] = [];
    const template = parts.map((part) => {
      if (!isNumber(part)) return part;
      numbers.push(Number(part));
      return '#';
    });
    const identity = `${template.join('.')}\n${identityOf(row)}`;
    const group = groups.get(identity);
    if (group === undefined) groups.set(identity, { rows: [row], numbers: [numbers] });
    else {
      group.rows.push(row);
      group.numbers.push(numbers);
    }
  }
  return Array.from(groups.values(), ({ rows: members, numbers }) => ({
    pattern: patternOf(members[0].name, numbers),
    rows: members,
  }));
}
