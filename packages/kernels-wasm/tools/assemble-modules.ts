import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const ROOT = fileURLToPath(new URL('../assembly/', import.meta.url));

/**
 * What the compiler is told. The memory comes from the host, so that one module serves memories of any size, up to as many
 * pages as kernels can address. (That the import names a maximum, src/module/shared.ts relies on.)
 */
const OPTIONS: readonly string[] = [
  ...['-O3', '--noAssert', '--runtime', 'stub', '--importMemory', '--maximumMemory', '32768', '--enable', 'simd'],
  // "Exchange of v128 values": no exported function does.
  ...['--disableWarning', '112'],
];

/**
 * A line before a function that is to be part of each function that calls it. The compiler wants a decorator, which TypeScript,
 * and so every other tool, takes before classes only.
 */
const INLINE_COMMENT = /^\/\/ @inline$/gm;

const VARIANTS = { plain: [], relaxed: ['--enable', 'relaxed-simd'] } as const;

/** A hash of all that the modules are made from: the sources, the options and the compiler's version. */
export function sourceHash(): string {
  const hash = createHash('sha256');
  hash.update(JSON.stringify([asc.version, OPTIONS, VARIANTS]));
  for (const [name, text] of sources()) hash.update(`\0${name}\0${text}`);
  return hash.digest('hex');
}

export interface AssembledModules {
  /** Of src/generated/modules.ts. */
  readonly text: string;
  /** Bytes. */
  readonly sizes: Readonly<Record<keyof typeof VARIANTS, number>>;
}

/** Compiles both modules. The same sources give the same bytes. */
export async function assembleModules(): Promise<AssembledModules> {
  const [plain, relaxed] = [await compile(VARIANTS.plain), await compile(VARIANTS.relaxed)];
  const text = [
    '// Made by tools/assemble.ts from assembly/ (`pnpm assemble`).',
    `export const SOURCE_SHA256 = '${sourceHash()}';`,
    `export const PLAIN_SHA256 = '${sha256(plain)}';`,
    `export const RELAXED_SHA256 = '${sha256(relaxed)}';`,
    `export const PLAIN_BASE64 = '${Buffer.from(plain).toString('base64')}';`,
    `export const RELAXED_BASE64 = '${Buffer.from(relaxed).toString('base64')}';`,
    '',
  ].join('\n');
  return { text, sizes: { plain: plain.length, relaxed: relaxed.length } };
}

async function compile(variant: readonly string[]): Promise<Uint8Array> {
  const files = new Map(sources());
  const written: Map<string, Uint8Array> = new Map();
  let errors = '';
  const { error } = await asc.main(['index.ts', ...OPTIONS, ...variant, '--outFile', 'out.wasm'], {
    readFile: (name) => files.get(name)?.replaceAll(INLINE_COMMENT, '@inline') ?? null,
    writeFile: (name, contents) => {
      if (typeof contents !== 'string') written.set(name, contents);
    },
    listFiles: () => [],
    stderr: { write: (text) => (errors += String(text)) },
  });
  const module = written.get('out.wasm');
  if (error !== null || module === undefined) throw new Error(`assembly does not compile:\n${errors}`);
  return module;
}

function sources(): readonly (readonly [string, string])[] {
  return readdirSync(ROOT, { recursive: true, encoding: 'utf8' })
    .map((name) => name.split(sep).join('/'))
    .filter((name) => name.endsWith('.ts'))
    .sort()
    .map((name) => [name, readFileSync(join(ROOT, name), 'utf8')]);
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
