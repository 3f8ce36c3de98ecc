import { STEP_KERNELS } from '../module/steps.ts';
import { CONTROL } from './control.ts';
import { PREFETCH_BYTES, PREFETCH_PIECE } from './prefetch.ts';

/** What a thread is sent when it starts. */
export interface ThreadStart {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly control: SharedArrayBuffer;
  /** 1 or more; the caller is 0. */
  readonly thread: number;
  /** With the caller. */
  readonly threads: number;
}

/** What a thread answers once it can work. */
export const READY = 'ready';

const LISTENING = {
  node: `const { parentPort: port } = require('node:worker_threads');
port.once('message', work);`,
  web: `const port = self;
port.onmessage = ({ data }) => work(data);`,
} as const;

/**
 * The program of a worker thread. A text, as a file of its own would have to be found by bundlers and servers; and nothing that
 * a bundler could have changed, such as the text of a function, is part of it. So `takeParts` is written twice, here and in
 * take-parts.ts, for the caller, who takes all.
 */
export function workerSource(host: keyof typeof LISTENING): string {
  return `'use strict';
const CONTROL = ${JSON.stringify(CONTROL)};
const NAMES = ${JSON.stringify(STEP_KERNELS)};
function takeParts(state, kernels, thread) {
  for (;;) {
    const ticket = Atomics.load(state, CONTROL.ticket);
    const part = ticket & 0xffff;
    // Before all words but the ticket: they are whole once there are parts to share.
    if (part >= Atomics.load(state, CONTROL.shared)) return;
    const parts = Atomics.load(state, CONTROL.parts);
    const units = Atomics.load(state, CONTROL.units);
    const kernel = kernels[Atomics.load(state, CONTROL.kernel)];
    const args = Atomics.load(state, CONTROL.args);
    const own = Atomics.load(state, CONTROL.own) + thread * Atomics.load(state, CONTROL.ownBytes);
    const backwards = Atomics.load(state, CONTROL.backwards);
    if (Atomics.compareExchange(state, CONTROL.ticket, ticket, ticket + 1) !== ticket) continue;
    const place = backwards === 0 ? part : parts - 1 - part;
    try {
      kernel(args, Math.floor((place * units) / parts), Math.floor(((place + 1) * units) / parts), own);
    } catch {
      Atomics.store(state, CONTROL.failed, 1);
    }
    if (Atomics.add(state, CONTROL.done, 1) + 1 === parts) Atomics.notify(state, CONTROL.done);
  }
}
function prefetch(state, exports, { thread, threads }, generation, read) {
  const number = Atomics.load(state, CONTROL.prefetchFor);
  const at = Atomics.load(state, CONTROL.prefetchAt);
  const stride = Atomics.load(state, CONTROL.prefetchStride);
  const parts = Atomics.load(state, CONTROL.prefetchParts);
  // Else it goes on where it was when it was called.
  if (read.number !== number) Object.assign(read, { number, part: thread, bytes: 0 });
  let left = ${PREFETCH_BYTES};
  while (read.part < parts && left > 0 && Atomics.load(state, CONTROL.generation) === generation) {
    const piece = Math.min(${PREFETCH_PIECE}, Math.abs(stride) - read.bytes);
    exports.prefetch(at + read.part * stride + read.bytes, piece);
    read.bytes += piece;
    left -= piece;
    if (read.bytes >= Math.abs(stride)) Object.assign(read, { part: read.part + threads, bytes: 0 });
  }
}
function work({ module, memory, control, thread, threads }) {
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  const state = new Int32Array(control);
  const read = { number: -1, part: 0, bytes: 0 };
  const kernels = NAMES.map((name) => exports[name]);
  port.postMessage(${JSON.stringify(READY)});
  while (Atomics.load(state, CONTROL.stop) === 0) {
    const generation = Atomics.load(state, CONTROL.generation);
    takeParts(state, kernels, thread);
    prefetch(state, exports, { thread, threads }, generation, read);
    Atomics.wait(state, CONTROL.generation, generation);
  }
  port.close();
}
${LISTENING[host]}`;
}
