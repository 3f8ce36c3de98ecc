import type { Contender } from '../linear/interleave.ts';
import type { RooflineModule } from './roofline.ts';

export interface TwoReaders extends Contender {
  readonly release: () => void;
}

interface Reader {
  readonly terminate: () => unknown;
}

/** The words that both threads see. */
const TURN = 0;
const DONE = 1;

/** Pages in front of what is read. */
const FIRST_PAGE = 1;

/** Reads half of the bytes on this thread while another one reads as many, each in memory of its own. */
export async function readingOnTwoThreads(base64: string, bytes: number): Promise<TwoReaders> {
  const half = Math.ceil(bytes / 2 / 512) * 512;
  const binary = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  const control = new SharedArrayBuffer(8);
  const state = new Int32Array(control);
  const memory = new WebAssembly.Memory({ initial: Math.ceil(half / 65536) + FIRST_PAGE + 1 });
  new Uint8Array(memory.buffer).fill(0x5a);
  const { instance } = await WebAssembly.instantiate(binary, { env: { memory, abort: () => undefined } });
  const { readEight } = instance.exports as unknown as RooflineModule;
  const other = await startReader({ binary, half, control });
  let turn = 0;
  return {
    name: 'reading on two threads',
    call: () => {
      turn += 1;
      Atomics.store(state, TURN, turn);
      Atomics.notify(state, TURN);
      return untilDone(state, turn, readEight(65536 * FIRST_PAGE, half));
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
const SOURCE = `async function work({ binary, half, control }) {
  const state = new Int32Array(control);
  const memory = new WebAssembly.Memory({ initial: Math.ceil(half / 65536) + ${FIRST_PAGE + 1} });
  new Uint8Array(memory.buffer).fill(0x5a);
  const { instance } = await WebAssembly.instantiate(binary, { env: { memory, abort() {} } });
  port.postMessage('ready');
  for (let turn = 0; ; ) {
    Atomics.wait(state, ${TURN}, turn);
    turn = Atomics.load(state, ${TURN});
    instance.exports.readEight(${65536 * FIRST_PAGE}, half);
    Atomics.store(state, ${DONE}, turn);
    Atomics.notify(state, ${DONE});
  }
}
`;

interface ReaderStart {
  readonly binary: Uint8Array;
  readonly half: number;
  readonly control: SharedArrayBuffer;
}

function startReader(start: ReaderStart): Promise<Reader> {
  // onnxruntime-web puts a Worker into Node that takes no text.
  return typeof process === 'undefined' ? startInPage(start) : startInNode(start);
}

function startInPage(start: ReaderStart): Promise<Reader> {
  const text = `const port = self; self.onmessage = ({ data }) => work(data);\n${SOURCE}`;
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
function startInNode(start: ReaderStart): Promise<Reader> {
  const threads = process.getBuiltinModule('node:worker_threads');
  const text = `const { parentPort: port } = require('node:worker_threads'); port.once('message', work);\n${SOURCE}`;
  const worker = new threads.Worker(text, { eval: true, execArgv: [] });
  return new Promise((resolve, reject) => {
    worker.once('error', reject);
    worker.once('message', () => {
      resolve(worker);
    });
    worker.postMessage(start);
  });
}
