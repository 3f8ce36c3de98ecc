import { linearConformance } from '@fewbit/core/testing';
import { probeWebgpu } from '@fewbit/kernels-webgpu';

/** What a page found out: why there is no backend, or the cases of the suite that failed and which variants were rejected. */
export interface WebgpuOutcome {
  readonly reason: string | null;
  readonly cases: number;
  readonly failures: readonly string[];
  readonly rejected: number;
}

/** Runs the suite of linear layers on one backend: each of its cases would compile every kernel anew. */
export async function layersOnGpu(): Promise<WebgpuOutcome> {
  const { backend, reason } = await probeWebgpu();
  if (backend === null) return { reason, cases: 0, failures: [], rejected: 0 };
  const cases = linearConformance({ name: 'webgpu', create: () => ({ ...backend, close: () => undefined }) });
  const failures: string[] = [];
  for (const { name, run } of cases) {
    try {
      await run();
    } catch (error) {
      failures.push(`${name}: ${String(error)}`);
    }
  }
  const rejected = backend.report().rejected.length;
  backend.close();
  return { reason: null, cases: cases.length, failures, rejected };
}
