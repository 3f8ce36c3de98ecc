/**
 * Runs under Deno, whose WebGPU is wgpu: its compiler, naga, is a second one, and takes less than Dawn's. No test of vitest's, which Deno
 * does not run: every kernel has to compile, and the suite of linear layers has to pass, in f32 and, where the adapter has it, in f16.
 *
 * Exits with 1 where one does not, and where there is no adapter.
 */
import { linearConformance } from '@fewbit/core/testing';
import { probeWebgpu, type WebgpuReport } from '../../src/index.ts';
import type { Precision } from '../../src/precision.ts';

const { gpu } = navigator;
const adapter = await gpu.requestAdapter();
if (adapter === null) throw new Error('there is no adapter');
const precisions: readonly Precision[] = adapter.features.has('shader-f16') ? ['f32', 'f16'] : ['f32'];
let failures = 0;

for (const precision of precisions) {
  const { backend, reason } = await probeWebgpu({ gpu, precision });
  if (backend === null) throw new Error(reason);
  const report = backend.report();
  console.log(`${report.adapter}, in ${report.precision}: ${variantsOf(report)}`);
  for (const { kernel, variant, verdict, detail } of report.rejected) {
    fail(`${kernel} (${variant}): ${verdict}`, detail);
  }
  const create = (): Promise<typeof backend> => Promise.resolve({ ...backend, close: () => undefined });
  const cases = linearConformance({ name: `webgpu in ${precision}`, create }, report.bound);
  for (const { name, run } of cases) await run().catch((error: unknown) => fail(name, error));
  console.log(`${cases.length} cases in ${precision}`);
  backend.close();
}
console.log(failures === 0 ? 'all right' : `${failures} wrong`);
process.exit(failures === 0 ? 0 : 1);

function variantsOf({ variants }: WebgpuReport): string {
  const names = variants.filter(({ verdict }) => verdict === 'right').map(({ variant }) => variant);
  return [...new Set(names)].map((name) => `${names.filter((one) => one === name).length} ${name}`).join('; ');
}

function fail(what: string, why: unknown): void {
  failures += 1;
  console.error(`FAILED ${what}: ${String(why)}`);
}
