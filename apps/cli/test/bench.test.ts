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

test('fewbit bench --backend measures that one only, and says what there is where it is unknown', async () => {
  const { measured } = json(await fewbit('bench', '--backend', 'wasm', '--json')) as Bench;
  expect(new Set(measured.map(({ backend }) => backend.replace(/-.*/, '')))).toEqual(new Set(['wasm']));
  const { code, err } = await fewbit('bench', '--backend', 'cuda');
  expect(code).toBe(1);
  expect(err).toMatch(/"cuda" is unknown; expected auto, wasm, reference, webgpu/);
}, 60_000);
