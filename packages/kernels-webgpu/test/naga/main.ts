/**
 * Runs under Deno, whose WebGPU is wgpu: its compiler, naga, is a second one, and takes less than Dawn's. (Deno runs no test of vitest's.)
 * Every kernel has to compile, and to be right, at once; then the suite of linear layers has to pass.
 *
 *     deno run … main.ts f32                # all of it
 *     deno run … main.ts f16 'floats half'  # every kernel has to compile, those named have to be right; no suite
 *
 * Exits with 1 where something is wrong, as where there is no adapter, or none with f16 for f16.
 */
import { linearConformance } from '@fewbit/core/testing';
import { probeWebgpu } from '../../src/index.ts';
import { LINEAR_KERNELS, linearCode, STAGES } from '../../src/linear/kernels.ts';
import { checkedPrecision } from '../../src/precision.ts';
import { NO_FEATURES } from '../../src/wgsl/features.ts';

const [, , asked = '', ...names] = process.argv;
const precision = checkedPrecision(asked);
const kernels = names.length === 0 ? LINEAR_KERNELS : LINEAR_KERNELS.filter((kernel) => names.includes(kernel));
if (names.length > 0 && kernels.length < names.length) throw new Error(`kernels are ${LINEAR_KERNELS.join(', ')}`);
const { backend, reason } = await probeWebgpu({ precision, kernels });
if (backend === null) throw new Error(reason);
const { device, report } = backend;
let failures = 0;

const { adapter, bound, rejected, variants, precision: found } = report();
say(`${adapter}: ${variants.length} kernels in ${found}, ${rejected.length} of them wrong`);
if (found !== precision) fail('the adapter', `it has no ${precision}`);
for (const { kernel, variant, verdict, detail } of rejected)
  fail(`${kernel} (${variant})`, `${verdict}, ${detail ?? ''}`);

const f16 = found === 'f16';
for (const packedDot of [true, false]) {
  for (const stage of STAGES) {
    for (const kernel of LINEAR_KERNELS) {
      device.pushErrorScope('validation');
      device.createShaderModule({ code: linearCode(stage, kernel, { ...NO_FEATURES, packedDot, f16 }) });
      const problem = await device.popErrorScope();
      if (problem !== null) fail(`${stage}, ${kernel}`, problem.message);
    }
  }
}

const create = (): Promise<typeof backend> => Promise.resolve({ ...backend, close: () => undefined });
const cases = names.length > 0 ? [] : linearConformance({ name: `webgpu in ${precision}`, create }, bound);
for (const { name, run } of cases) {
  await run().catch((error: unknown) => {
    fail(name, String(error));
  });
}
say(`all kernels compiled, ${kernels.length} proven, ${cases.length} cases run: ${failures} failures`);
process.exit(failures === 0 ? 0 : 1);

function fail(what: string, why: string): void {
  failures += 1;
  say(`FAILED ${what}: ${why}`);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
