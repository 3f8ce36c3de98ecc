import type { VerifiedTensor } from '@fewbit/core';
import type { VerifyTotals } from '../commands/verify.ts';
import { bytesText } from '../terminal.ts';
import { printable, table } from './table.ts';

/** Quantized tensors one by one, plain ones as a count, and whatever is wrong, loudly. */
export function verifyText(
  tensors: readonly VerifiedTensor[],
  totals: VerifyTotals,
  missing: readonly string[],
): string {
  const quantized = tensors.filter(({ tensorClass }) => tensorClass !== null);
  const plain = tensors.length - quantized.length;
  const body = table(
    ['tensor', 'class', 'bits/weight', 'SQNR dB', 'max error'],
    quantized.map(({ name, tensorClass, bitsPerWeight, sqnrDb, exact, maxError }) => [
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
  ];
  const overall =
    totals.sqnrDb === null ? '' : `, SQNR ${totals.sqnrDb.toFixed(2)} dB, max error ${totals.maxError.toPrecision(3)}`;
  const verdict = totals.problems === 0 ? 'all tensors read back' : `${totals.problems} problem(s)`;
  return [
    quantized.length === 0 ? '' : `${body}\n`,
    `${plain} plain tensor(s), compared byte by byte\n`,
    ...problems,
    `${verdict}: ${quantized.length} quantized, ${bytesText(totals.bytes)}, ${totals.bitsPerWeight.toFixed(2)} bits per weight overall${overall}\n`,
  ].join('');
}
