import asc from 'assemblyscript/asc';

/** A loop that does nothing but one thing. */
export interface PeakLoop {
  readonly name: string;
  readonly operations: number;
  readonly bytes: number;
  readonly run: () => unknown;
}

const INSTRUCTIONS = [
  ['relaxed dot of bytes', 'i32x4.relaxed_dot_i8x16_i7x16_add_s(x, y, SUM)', 32],
  ['relaxed madd of f32', 'f32x4.relaxed_madd(x, y, SUM)', 8],
  ['plain dot of 16 bits', 'i32x4.add(SUM, i32x4.dot_i16x8_s(v128.load(at, OFFSET), y))', 16],
  ['plain multiply and add of f32', 'f32x4.add(SUM, f32x4.mul(v128.load(at, OFFSET), y))', 8],
] as const;

const SUMS = 12;
const TIMES = 10_000;
const SIZES = [256, 4096, 65536, 131072];

/** What this machine's instructions and memory give to a thread: loops of their own, compiled for the occasion. */
export async function peakLoops(): Promise<readonly PeakLoop[]> {
  const memory = new WebAssembly.Memory({ initial: 4096 });
  // Pages that nobody wrote are all the same one.
  new Uint8Array(memory.buffer).fill(1);
  const loops: PeakLoop[] = [];
  for (const [name, step, operations] of INSTRUCTIONS) {
    const run = await compiled(instructionLoop(step), memory);
    if (run !== null) {
      loops.push({
        name: `peak ${name}`,
        operations: TIMES * SUMS * operations,
        bytes: 0,
        run: () => run(65536, TIMES),
      });
    }
  }
  const read = await compiled(READ_LOOP, memory);
  for (const kib of read === null ? [] : SIZES) {
    loops.push({ name: `read ${kib} KiB`, operations: 0, bytes: kib * 1024, run: () => read?.(65536, kib * 1024) });
  }
  return loops;
}

function instructionLoop(step: string): string {
  const names = Array.from({ length: SUMS }, (_, i) => `s${i}`);
  const steps = names.map((name, i) => `${name} = ${step.replace('SUM', name).replace('OFFSET', String(16 * i))};`);
  const total = names.reduce((sum, name) => `v128.xor(${sum}, ${name})`);
  return `export function run(at: usize, times: i32): i32 {
    const x = v128.load(at), y = v128.load(at, 16);
    let ${names.map((name) => `${name} = i32x4.splat(0)`).join(', ')};
    for (; times > 0; times--) { ${steps.join(' ')} }
    return i32x4.extract_lane(${total}, 0);
  }`;
}

const READ_LOOP = `export function run(at: usize, bytes: i32): i32 {
  let a = i32x4.splat(0), b = a, c = a, d = a;
  for (const end = at + bytes; at < end; at += 64) {
    a = v128.or(a, v128.load(at)); b = v128.or(b, v128.load(at, 16));
    c = v128.or(c, v128.load(at, 32)); d = v128.or(d, v128.load(at, 48));
  }
  return i32x4.extract_lane(v128.or(v128.or(a, b), v128.or(c, d)), 0);
}`;

type Loop = (at: number, count: number) => number;

/** Null where the engine does not take it. */
async function compiled(source: string, memory: WebAssembly.Memory): Promise<Loop | null> {
  let bytes: Uint8Array<ArrayBuffer> | null = null;
  const options = ['--noAssert', '--runtime', 'stub', '--importMemory', '--enable', 'simd', '--enable', 'relaxed-simd'];
  const { error } = await asc.main(['peak.ts', '-O3', ...options, '--outFile', 'out.wasm'], {
    readFile: (name) => (name === 'peak.ts' ? source : null),
    writeFile: (_name, contents) => {
      if (typeof contents !== 'string') bytes = Uint8Array.from(contents);
    },
    listFiles: () => [],
  });
  if (error !== null || bytes === null) throw new Error('a loop does not compile', { cause: error });
  if (!WebAssembly.validate(bytes)) return null;
  const { instance } = await WebAssembly.instantiate(bytes, { env: { memory } });
  const { run } = instance.exports;
  return typeof run === 'function' ? (at, count) => Number(run(at, count)) : null;
}
