import { readFileSync } from 'node:fs';
import asc from 'assemblyscript/asc';

/** The roofline's module, base64: with relaxed SIMD or without. */
export async function assembleRoofline(variant: 'plain' | 'relaxed'): Promise<string> {
  const source = readFileSync(new URL('assembly/index.ts', import.meta.url), 'utf8');
  const written: Uint8Array[] = [];
  let errors = '';
  const options = ['-O3', '--noAssert', '--runtime', 'stub', '--importMemory', '--enable', 'simd'];
  const relaxed = variant === 'relaxed' ? ['--enable', 'relaxed-simd'] : [];
  const { error } = await asc.main(['index.ts', ...options, ...relaxed, '--outFile', 'out.wasm'], {
    readFile: (name) => (name === 'index.ts' ? source : null),
    writeFile: (_name, contents) => {
      if (typeof contents !== 'string') written.push(contents);
    },
    listFiles: () => [],
    stderr: { write: (text) => (errors += String(text)) },
  });
  const [module] = written;
  if (error !== null || module === undefined) throw new Error(`the roofline does not compile:\n${errors}`);
  return Buffer.from(module).toString('base64');
}
