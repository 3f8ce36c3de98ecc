// Measures the adapter of this process, which VK_ICD_FILENAMES names, and writes JSON to the file that it is given.
import { writeFileSync } from 'node:fs';
import { create } from 'webgpu';
import { measurePeers, type PeerParity } from './measure-peers.ts';
import { measureVariants, type AdapterParity } from './measure-variants.ts';

export interface Measured extends AdapterParity {
  readonly peers: readonly PeerParity[];
}

// Dawn needs what `create` gives for as long as anything runs: a collected one takes the process with it.
const { fewbitGpu } = Object.assign(globalThis, { fewbitGpu: create([]) });
const [target = ''] = process.argv.slice(2);
const measured: Measured = { ...(await measureVariants(fewbitGpu)), peers: await measurePeers(fewbitGpu) };
writeFileSync(target, JSON.stringify(measured));
// Threads of two implementations of WebGPU would keep it alive.
process.exit();
