import { expect, test } from 'vitest';
import { fewbit, json } from './helpers.ts';

interface Bench {
  readonly copyBytesPerSecond: number;
  readonly measured: readonly {
    readonly backend: string;
    readonly config: string;
    readonly weightsPerSecond: number;
  }[];
  readonly layers: readonly {
    readonly backend: string;
    readonly layer: string;
    readonly rows: number;
    readonly operationsPerSecond: number;
  }[];
  readonly absent: readonly string[];
}

test('fewbit bench measures each backend that runs here by the same configs, beside copying', async () => {
  const { copyBytesPerSecond, measured, layers, absent } = json(await fewbit('bench', '--json')) as Bench;
  expect(copyBytesPerSecond).toBeGreaterThan(0);
  expect(absent).toEqual([]);
  const configs = (backend: RegExp) => measured.filter((one) => backend.test(one.backend)).map(({ config }) => config);
  expect(configs(/^wasm-/)).toEqual(configs(/^reference$/));
  expect(new Set(configs(/./)).size).toBeGreaterThan(2);
  for (const { weightsPerSecond } of measured) expect(weightsPerSecond).toBeGreaterThan(0);
  const ran = (backend: RegExp) => layers.filter((one) => backend.test(one.backend) && one.rows === 1).length;
  expect(ran(/^reference$/)).toBeGreaterThan(3);
  for (const { operationsPerSecond } of layers) expect(operationsPerSecond).toBeGreaterThan(0);
}, 60_000);
