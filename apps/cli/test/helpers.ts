import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { run } from '../src/program.ts';

export const tinyLlama: string = fileURLToPath(new URL('../../../examples/tiny-llama/model', import.meta.url));

export interface Finished {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs the command in this process, with a terminal that remembers. */
export async function fewbit(...argv: string[]): Promise<Finished> {
  let out = '';
  let err = '';
  const code = await run(argv, {
    out: (text) => (out += text),
    err: (text) => (err += text),
    flushed: () => Promise.resolve(),
    columns: null,
    interactive: false,
    color: false,
  });
  return { code, out, err };
}

export function json(finished: Finished): unknown {
  return JSON.parse(finished.out);
}

/** A directory that is removed when the test is over. */
export function scratch(): string {
  const directory = mkdtempSync(join(tmpdir(), 'fewbit-cli-'));
  onTestFinished(() => {
    rmSync(directory, { recursive: true, force: true });
  });
  return directory;
}

/** The files of a directory, by name. */
export function filesIn(directory: string): Map<string, Buffer> {
  return new Map(readdirSync(directory).map((name) => [name, readFileSync(join(directory, name))]));
}

export function recipeFile(directory: string, recipe: unknown): string {
  const file = join(directory, 'recipe.json');
  writeFileSync(file, typeof recipe === 'string' ? recipe : JSON.stringify(recipe));
  return file;
}

export interface TestTensor {
  readonly dtype?: string;
  readonly shape: readonly number[];
}

const WIDTHS: Readonly<Record<string, number>> = { U8: 1, F32: 4, BF16: 2, F16: 2, I32: 4, I64: 8 };

/** A checkpoint of one shard whose bytes count up, with a config. */
export function writeModel(
  directory: string,
  tensors: Readonly<Record<string, TestTensor>>,
  config: object = {},
): string {
  const header: Record<string, unknown> = {};
  let offset = 0;
  for (const [name, { dtype = 'F32', shape }] of Object.entries(tensors)) {
    const end = offset + shape.reduce((product, extent) => product * extent, WIDTHS[dtype] ?? 1);
    header[name] = { dtype, shape, data_offsets: [offset, end] };
    offset = end;
  }
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  // Bytes below 0x40 make no infinities and no NaN of any dtype.
  const data = Buffer.from(Uint8Array.from({ length: offset }, (_, at) => (at * 7) % 61));
  writeFileSync(join(directory, 'model.safetensors'), Buffer.concat([length, text, data]));
  writeFileSync(
    join(directory, 'config.json'),
    JSON.stringify({ model_type: 'llama', tie_word_embeddings: false, ...config }),
  );
  return directory;
}
