// Runs the tests where there is a Chromium. Where there is none, says so and gives up: in CI as a failure.
import { spawnSync } from 'node:child_process';
import { findChromium } from './harness/index.ts';

if (findChromium() === null) {
  console.error(
    'SKIPPED: NOTHING WAS TESTED IN A BROWSER. There is no Chromium on the PATH, and FEWBIT_CHROMIUM is not set.',
  );
  process.exitCode = process.env.CI === undefined ? 0 : 1;
} else {
  process.exitCode = spawnSync('vitest', ['run', ...process.argv.slice(2)], { stdio: 'inherit' }).status ?? 1;
}
