import type { MeasuredLayer } from '../machine/measure-layers.ts';
import type { MeasuredConfig } from '../machine/measure-machine.ts';
import { table } from './table.ts';

export interface BenchOutcome {
  readonly machine: { readonly processor: string; readonly cores: number; readonly node: string };
  /** One thread. */
  readonly copyBytesPerSecond: number;
  readonly measured: readonly MeasuredConfig[];
  readonly layers: readonly MeasuredLayer[];
  /** Backends that cannot run here. */
  readonly absent: readonly string[];
}

/** One line for each backend and config, beside what copying memory takes; one for each backend and kind of layer. */
export function benchText({ machine, copyBytesPerSecond, measured, layers, absent }: BenchOutcome): string {
  const rows = measured.map(({ backend, config, summary, weightsPerSecond, bytesPerSecond }) => [
    backend,
    config,
    summary,
    billions(weightsPerSecond, 2),
    billions(bytesPerSecond, 2),
    `${((bytesPerSecond / copyBytesPerSecond) * 100).toFixed(0)} %`,
  ]);
  const layerRows = layers.map(({ backend, layer, packing, rows: m, operationsPerSecond, bytesPerSecond }) => [
    backend,
    layer,
    packing,
    String(m),
    billions(operationsPerSecond, 1),
    billions(bytesPerSecond, 1),
  ]);
  return [
    `${machine.processor}, ${machine.cores} cores, Node ${machine.node}\n`,
    `copying memory: ${(copyBytesPerSecond / 1e9).toFixed(1)} GB/s\n\n`,
    table(['backend', 'config', '', 'G weights/s', 'GB/s read', 'of copying'], rows, [3, 4, 5]),
    ...absent.map((name) => `the backend ${name} cannot run here\n`),
    '\nOne thread, bf16 weights in memory; `fewbit quantize` runs one such thread for each worker, and reads and writes files.\n\n',
    table(
      ['backend', 'layer, 2048 x 2048', 'kept as', 'rows', 'G operations/s', 'GB/s of weights'],
      layerRows,
      [3, 4, 5],
    ),
    '\nOne thread; one row of activations as a model writes, 64 as it reads (left out where that takes a third of a second).\n',
  ].join('');
}

/** With so many decimals, or where these would all be 0, two digits. */
function billions(value: number, decimals: number): string {
  const shown = value / 1e9;
  return shown < 10 ** -decimals ? shown.toPrecision(2) : shown.toFixed(decimals);
}
