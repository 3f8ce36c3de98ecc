import type { VerifiedTensor } from '@fewbit/core';
import { bytesText } from '../terminal.ts';
import { printable, table } from './table.ts';

/** The whole of a quantized checkpoint against its original. */
export interface VerifyTotals {
  readonly tensors: number;
  readonly quantizedTensors: number;
  readonly bytes: number;
  readonly bitsPerWeight: number;
  /** Over all quantized tensors, in dB; null when none differs. */
  readonly sqnrDb: number | null;
  readonly maxError: number;
  readonly problems: number;
}

/** Names that only one side has. */
interface OneSidedNames {
  readonly missing: readonly string[];
  readonly surplus: readonly string[];
}

/** Quantized tensors one by one, plain ones as a count, and whatever is wrong, loudly. */
export function verifyText(
  tensors: readonly VerifiedTensor[],
  totals: VerifyTotals,
  { missing, surplus }: OneSidedNames,
  backend: string,
): string {
  const quantized = tensors.filter(({ tensorClass }) => tensorClass !== null);
  const shown = worstFirst(quantized).slice(0, MOST_ROWS);
  const plain = tensors.length - quantized.length;
  const body = table(
    ['tensor', 'class', 'bits/weight', 'SQNR dB', 'max error'],
    shown.map(({ name, tensorClass, bitsPerWeight, sqnrDb, exact, maxError }) => [
      printable(name),
      printable(tensorClass ?? ''),
      bitsPerWeight.toFixed(2),
      exact ? 'exact' : (sqnrDb?.toFixed(2) ?? '–'),
      maxError?.toPrecision(3) ?? '–',
    ]),
    [2, 3, 4],
  );
  const problems = [
    ...tensors.flatMap(({ name, problem }) => (problem === null ? [] : [`PROBLEM: ${printable(name)}: ${problem}\n`])),
    ...missing.map((name) => `PROBLEM: ${printable(name)} of the original is missing\n`),
    ...surplus.map((name) => `PROBLEM: ${printable(name)} is stored, but the metadata does not say what it is\n`),
  ];
  const overall =
    totals.sqnrDb === null ? '' : `, SQNR ${totals.sqnrDb.toFixed(2)} dB, max error ${totals.maxError.toPrecision(3)}`;
  const verdict = totals.problems === 0 ? 'all tensors read back' : `${totals.problems} problem(s)`;
  return [
    quantized.length === 0 ? '' : `${body}\n`,
    shown.length < quantized.length
      ? `and ${quantized.length - shown.length} quantized tensors with a higher SQNR (--json has all)\n`
      : '',
    `${plain} plain tensor(s), compared byte by byte\n`,
    ...problems,
    `${verdict}: ${quantized.length} quantized, ${bytesText(totals.bytes)}, ${totals.bitsPerWeight.toFixed(2)} bits per weight overall${overall} (dequantized by ${backend})\n`,
  ].join('');
}

// A screen or two; what went wrong is at the top.
const MOST_ROWS = 60;

function worstFirst(tensors: readonly VerifiedTensor[]): readonly VerifiedTensor[] {
  const quality = ({ sqnrDb, exact }: VerifiedTensor): number => sqnrDb ?? (exact ? Infinity : -Infinity);
  if (tensors.length <= MOST_ROWS) return tensors;
  return tensors.toSorted((left, right) => (quality(left) < quality(right) ? -1 : 1));
}
