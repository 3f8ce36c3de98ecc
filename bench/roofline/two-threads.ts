import type { Contender } from '../linear/interleave.ts';
import type { RooflineModule } from './roofline.ts';

/** A loop of the roofline's, half of it on this thread while another one does as much, each in memory of its own. */
export interface OnTwoThreads extends Contender {
  readonly release: () => void;
}

/** A call of a module's export; `bytes` are read from address 65536 on. */
interface Work {
  readonly kernel: 'readEight' | 'multiply';
  readonly words: readonly [number, number];
  readonly bytes: number;
}

interface Other {
  readonly terminate: () => unknown;
}

/** The words that both threads see. */
const TURN = 0;
const DONE = 1;

/** Pages in front of what is read. */
const FIRST_PAGE = 1;

/** Reads bytes. */
export function readingOnTwoThreads(base64: string, bytes: number): Promise<OnTwoThreads> {
  const half = Math.ceil(bytes / 2 / 512) * 512;
  return onTwoThreads(base64, 'reading', { kernel: 'readEight', words: [65536 * FIRST_PAGE, half], bytes: half });
}

/** Multiplies in registers, so many rounds. */
export function multiplyingOnTwoThreads(base64: string, name: string, rounds: number): Promise<OnTwoThreads> {
  return onTwoThreads(base64, `multiplying, ${name},`, { kernel: 'multiply', words: [rounds / 2, 0x1234], bytes: 0 });
}

async function onTwoThreads(base64: string, name: string, work: Work): Promise<OnTwoThreads> {
  const binary = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  const control = new SharedArrayBuffer(8);
  const state = new Int32Array(control);
  const memory = new WebAssembly.Memory({ initial: Math.ceil(work.bytes / 65536) + FIRST_PAGE + 1 });
  new Uint8Array(memory.buffer).fill(0x5a);
  const { instance } = await WebAssembly.instantiate(binary, { env: { memory, abort: () => undefined } });
  const kernels = instance.exports as unknown as RooflineModule;
  const other = await startOther({ binary, work, control });
  let turn = 0;
  return {
    name: `${name} on two threads`,
    call: () => {
      turn += 1;
      Atomics.store(state, TURN, turn);
      Atomics.notify(state, TURN);
      return untilDone(state, turn, kernels[work.kernel](...work.words));
    },
    release: () => void other.terminate(),
  };
}

/** A page's main thread may not block: it is called back. */
async function untilDone(state: Int32Array, turn: number, read: number): Promise<number> {
  for (let seen = Atomics.load(state, DONE); seen !== turn; seen = Atomics.load(state, DONE)) {
    await Atomics.waitAsync(state, DONE, seen).value;
  }
  return read;
}

/** What the other thread runs, as a text: neither bundlers nor servers have a file to find. */
const SOURCE = `async function begin({ binary, work, control }) {
  const state = new Int32Array(control);
  const memory = new WebAssembly.Memory({ initial: Math.ceil(work.bytes / 65536) + ${FIRST_PAGE + 1} });
  new Uint8Array(memory.buffer).fill(0x5a);
  const { instance } = await WebAssembly.instantiate(binary, { env: { memory, abort() {} } });
  port.postMessage('ready');
  for (let turn = 0; ; ) {
    Atomics.wait(state, ${TURN}, turn);
    turn = Atomics.load(state, ${TURN});
    instance.exports[work.kernel](...work.words);
    Atomics.store(state, ${DONE}, turn);
    Atomics.notify(state, ${DONE});
  }
}
`;

interface OtherStart {
  readonly binary: Uint8Array;
  readonly work: Work;
  readonly control: SharedArrayBuffer;
}

function startOther(start: OtherStart): Promise<Other> {
  // onnxruntime-web puts a Worker into Node that takes no text.
  return typeof process === 'undefined' ? startInPage(start) : startInNode(start);
}

function startInPage(start: OtherStart): Promise<Other> {
  const text = `const port = self; self.onmessage = ({ data }) => begin(data);\n${SOURCE}`;
  const worker = new Worker(URL.createObjectURL(new Blob([text], { type: 'text/javascript' })));
  return new Promise((resolve, reject) => {
    worker.onerror = ({ message }) => {
      reject(new Error(message));
    };
    worker.onmessage = () => {
      resolve(worker);
    };
    worker.postMessage(start);
  });
}

/** Found at run time: a bundle for a page has no such module. */
function startInNode(start: OtherStart): Promise<Other> {
  const threads = process.getBuiltinModule('node:worker_threads');
  const text = `const { parentPort: port } = require('node:worker_threads'); port.once('message', begin);\n${SOURCE}`;
  const worker = new threads.Worker(text, { eval: true, execArgv: [] });
  return new Promise((resolve, reject) => {
    worker.once('error', reject);
    worker.once('message', () => {
      resolve(worker);
    });
    worker.postMessage(start);
  });
}
