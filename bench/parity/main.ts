// pnpm parity [icd.json …]: writes packages/kernels-webgpu/PARITY.md, how far every kernel variant is from the reference, from WASM
// and from onnxruntime on each adapter. An adapter is named by the JSON file of its Vulkan driver; without any, SwiftShader as Chromium
// brings it and lavapipe as .ci/lavapipe puts it.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Measured } from './measure-adapter.ts';
import { reportOf } from './report.ts';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const DEFAULTS = [
  '/usr/lib/chromium/vk_swiftshader_icd.json',
  here('../../node_modules/.cache/lavapipe/lvp25.json'),
] as const;
const ADVICE =
  'apt-get install --no-install-recommends chromium-common libvulkan1, and .ci/lavapipe node_modules/.cache/lavapipe, bring them';

const given = process.argv.slice(2).map((path) => resolve(process.env.INIT_CWD ?? '.', path));
const drivers = given.length === 0 ? DEFAULTS : given;
for (const driver of drivers) {
  if (!existsSync(driver))
    throw new Error(`there is no ${driver}: name the drivers to measure, or get both (${ADVICE})`);
}
const scratch = mkdtempSync(join(tmpdir(), 'fewbit-parity-'));
try {
  const report = reportOf(drivers.map(measured));
  writeFileSync(here('../../packages/kernels-webgpu/PARITY.md'), report);
} finally {
  rmSync(scratch, { recursive: true });
}

/** A process for each: a Vulkan loader keeps the driver that it found first. */
function measured(driver: string): Measured {
  console.error(`measuring ${driver}`);
  const target = join(scratch, 'measured.json');
  const { status, signal } = spawnSync(
    process.execPath,
    ['--conditions=@fewbit/source', here('measure-adapter.ts'), target],
    { stdio: 'inherit', env: { ...process.env, VK_ICD_FILENAMES: driver, LD_LIBRARY_PATH: librariesOf(driver) } },
  );
  if (status !== 0) throw new Error(`measuring ${driver} ended with ${String(status ?? signal)}`);
  return JSON.parse(readFileSync(target, 'utf8')) as Measured;
}

/** An extracted driver has libraries beside it that the system may lack. */
function librariesOf(driver: string): string {
  const { ICD } = JSON.parse(readFileSync(driver, 'utf8')) as { readonly ICD: { readonly library_path: string } };
  return dirname(resolve(dirname(driver), ICD.library_path));
}
