import asc from 'assemblyscript/asc';

/** What this machine does at best, in loops of nothing else, at the minute of a measurement. */
export interface Peak {
  /** Relaxed dot products over bytes, in GOPS; 0 where the engine has none. */
  readonly bytes: () => number;
  /** Fused products and additions of f32, relaxed; 0 where the engine has none. */
  readonly floats: () => number;
  /** Dot products over 16 bits and an addition, in GOPS. */
  readonly words: () => number;
  /** Reading memory that no cache holds, in GB/s. */
  readonly read: () => number;
}

const LANES = 12;
const ROUNDS = 200_000;
const READ_BYTES = 400 * 2 ** 20;

/** Each sum takes a step of its own: what two have in common, compilers do once. */
const loop = (name: string, step: (sum: string, at: number) => string): string => {
  const sums = Array.from({ length: LANES }, (_, at) => `a${at}`);
  return [
    `export function ${name}(n: i32, p: usize): i32 {`,
    'const x = v128.load(p); const y = v128.load(p, 16);',
    ...sums.map((sum, at) => `let ${sum} = i32x4.splat(${at});`),
    `for (let i = 0; i < n; i++) { ${sums.map((sum, at) => `${sum} = ${step(sum, at)};`).join(' ')} }`,
    `return i32x4.extract_lane(${sums.reduce((all, sum) => `v128.xor(${all}, ${sum})`)}, 0);`,
    '}',
  ].join('\n');
};

const READ = `export function read(at: usize, bytes: i32): i32 {
  let a = i32x4.splat(0), b = a;
  const end = at + bytes;
  for (; at < end; at += 64) {
    a = v128.or(a, v128.or(v128.load(at), v128.load(at, 16)));
    b = v128.or(b, v128.or(v128.load(at, 32), v128.load(at, 48)));
  }
  return i32x4.extract_lane(v128.or(a, b), 0);
}`;

export async function compilePeak(): Promise<Peak> {
  const words = loop('words', (sum, at) => `i32x4.add(${sum}, i32x4.dot_i16x8_s(v128.load(p, ${16 * at}), x))`);
  const bytes = loop('bytes', (sum) => `i32x4.relaxed_dot_i8x16_i7x16_add_s(x, y, ${sum})`);
  const floats = loop('floats', (sum) => `f32x4.relaxed_madd(x, y, ${sum})`);
  const plain = await instance(`${words}\n${READ}`, []);
  const relaxed = await instance(`${bytes}\n${floats}`, ['--enable', 'relaxed-simd']);
  const of = (kernels: Kernels | null, name: 'bytes' | 'words' | 'floats', macs: number): number => {
    const kernel = kernels?.[name];
    if (kernel === undefined) return 0;
    return (2 * macs * LANES * ROUNDS) / best(() => kernel(ROUNDS, 1024)) / 1e6;
  };
  return {
    bytes: () => of(relaxed, 'bytes', 16),
    floats: () => of(relaxed, 'floats', 4),
    words: () => of(plain, 'words', 8),
    read: () => READ_BYTES / best(() => plain?.read?.(65536, READ_BYTES), 3) / 1e6,
  };
}

type Kernels = Partial<
  Readonly<Record<'bytes' | 'words' | 'floats' | 'read', (first: number, second: number) => number>>
>;

async function instance(source: string, options: readonly string[]): Promise<Kernels | null> {
  const modules: Uint8Array<ArrayBuffer>[] = [];
  const all = [
    'in.ts',
    '-O3',
    '--runtime',
    'stub',
    '--importMemory',
    '--enable',
    'simd',
    ...options,
    '--outFile',
    'out',
  ];
  await asc.main(all, {
    readFile: (name) => (name === 'in.ts' ? source : null),
    writeFile: (name, contents) => {
      if (name === 'out' && typeof contents !== 'string') modules.push(new Uint8Array(contents));
    },
    listFiles: () => [],
  });
  const [module] = modules;
  if (module === undefined || !WebAssembly.validate(module)) return null;
  const memory = new WebAssembly.Memory({ initial: READ_BYTES / 65536 + 2 });
  // Neither zeros, which nobody has written and no memory holds, nor subnormal as f32.
  new Uint8Array(memory.buffer).fill(0x3f);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module), { env: { memory } });
  return exports;
}

function best(run: () => void, rounds = 15): number {
  let least = Infinity;
  for (let round = 0; round < rounds; round += 1) {
    const start = performance.now();
    run();
    least = Math.min(least, performance.now() - start);
  }
  return least;
}
