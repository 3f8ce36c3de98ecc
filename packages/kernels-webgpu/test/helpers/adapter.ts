import { existsSync } from 'node:fs';
import { create } from 'webgpu';
import { probeWebgpu, type WebgpuBackend } from '../../src/index.ts';

const SWIFTSHADER = '/usr/lib/chromium/vk_swiftshader_icd.json';

// Dawn needs what `create` gives for as long as anything runs: a collected one takes the process with it.
const { fewbitGpu } = Object.assign(globalThis, { fewbitGpu: openGpu() });

export const gpu: GPU = fewbitGpu;

/** Null where this machine has no adapter: tests that need one are skipped, and say so. */
export const adapter: GPUAdapter | null = await gpu.requestAdapter();

if (adapter === null) {
  const advice = 'apt-get install --no-install-recommends chromium-common libvulkan1 brings a software one';
  if (process.env.CI !== undefined) throw new Error(`there is no WebGPU adapter to test on: ${advice}`);
  process.stderr.write(`\nSKIPPED: everything that needs a WebGPU adapter, for there is none here (${advice})\n`);
}

function openGpu(): GPU {
  // The software adapter, unless the caller names another or the machine has no file of it.
  if (process.env.VK_ICD_FILENAMES === undefined && existsSync(SWIFTSHADER)) {
    process.env.VK_ICD_FILENAMES = SWIFTSHADER;
  }
  return create([]);
}

let shared: Promise<WebgpuBackend> | undefined;

/** One backend for all tests that leave it as it was: making it compiles every kernel. */
export function sharedBackend(): Promise<WebgpuBackend> {
  shared ??= probeWebgpu({ gpu }).then(({ backend, reason }) => {
    if (backend === null) throw new Error(reason);
    return backend;
  });
  return shared;
}

/** The shared backend, which a conformance suite may close as it likes. */
export async function unclosable(): Promise<WebgpuBackend> {
  return { ...(await sharedBackend()), close: () => undefined };
}
