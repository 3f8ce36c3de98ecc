import type { WebgpuOutcome } from './page-part.ts';

/** The outcome as a table in Markdown. */
export function tableOf({ adapter, copyBytesPerSecond, rows }: WebgpuOutcome): string {
  const lines = rows.map((row) =>
    [
      row.layer,
      row.kernel,
      row.precision,
      String(row.rows),
      (row.secondsPerLayer * 1e6).toFixed(0),
      (row.bytesPerSecond / 1e9).toPrecision(3),
      `${((row.bytesPerSecond / copyBytesPerSecond) * 100).toPrecision(2)} %`,
      (row.operationsPerSecond / 1e9).toPrecision(3),
    ].join(' | '),
  );
  return [
    `Adapter: ${adapter}. A copy within the device reads and writes ${(copyBytesPerSecond / 1e9).toFixed(1)} GB/s.`,
    '',
    '| layer | kernel | in | rows | us | GB/s of weights | of the copy | G operations/s |',
    '| --- | --- | --- | --- | --- | --- | --- | --- |',
    ...lines.map((line) => `| ${line} |`),
  ].join('\n');
}
