import type { Conversion, ForeignFinding, ForeignFormat, Origin } from '@fewbit/dialects';
import { printable, table } from './table.ts';

export interface ConversionContext {
  readonly from: ForeignFormat;
  readonly to: ForeignFormat;
  /** Where the recipe was written; null when it was not, or to standard output. */
  readonly out: string | null;
  /** True when `--strict` kept it from being written. */
  readonly refused: boolean;
}

// Recipes that name every tensor have thousands; --json has all of them.
const MAX_ROWS = 60;

/** What a person reads of a conversion: each entry, then what was lost, changed or worth knowing. */
export function conversionText(conversion: Conversion, { from, to, out, refused }: ConversionContext): string {
  const { entries, findings, checked } = conversion;
  const rows = entries
    .slice(0, MAX_ROWS)
    .map(({ origin, outcome, becomes }) => [
      placeOf(origin),
      printable(origin.entry),
      outcome === 'lost' ? 'LOST' : outcome,
      becomes,
    ]);
  const more = entries.length > MAX_ROWS ? `… and ${entries.length - MAX_ROWS} more entries (--json has all)\n` : '';
  const parts = [`${from.title} → ${to.title}\n\n`, table(['at', 'entry', 'outcome', 'what it gives'], rows), more];
  if (findings.length > 0) parts.push('\n', ...findings.slice(0, MAX_ROWS).map(findingLine));
  if (findings.length > MAX_ROWS) parts.push(`… and ${findings.length - MAX_ROWS} more (--json has all)\n`);
  if (checked !== null) {
    parts.push(
      `\nchecked on ${checked.parameters} tensors, ${checked.quantized} of them quantized: ${checked.differing} differ`,
      checked.named === 0 ? '\n' : `, ${checked.named} modules are named one by one\n`,
    );
  } else parts.push('\nnot checked on any model; --checkpoint compares every tensor\n');
  if (refused) parts.push('not written: --strict lets nothing be lost\n');
  else if (out !== null) parts.push(`written to ${printable(out)}\n`);
  return parts.join('');
}

function placeOf({ position }: Origin): string {
  return position === null ? '' : `${position.line}:${position.column}`;
}

function findingLine({ severity, id, message, origin }: ForeignFinding): string {
  const word = severity === 'loss' ? 'LOSS' : severity;
  const place = origin === null ? '' : `${[placeOf(origin), origin.entry].filter((part) => part !== '').join(' ')}: `;
  return `${word}: ${printable(`${place}${message}`)} [${id}]\n`;
}
