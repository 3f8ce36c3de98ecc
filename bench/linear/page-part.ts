import * as web from 'onnxruntime-web/wasm';
import { measureRows, type Environment, type RowResult } from './measure-rows.ts';

export type PageJob = Pick<Environment, 'rooflines' | 'threads' | 'only'>;

/** Measures rows in a page; onnxruntime-web's own files lie under /onnxruntime-web/. */
export async function measure(job: PageJob): Promise<readonly RowResult[]> {
  web.env.wasm.numThreads = 1;
  web.env.wasm.wasmPaths = new URL('/onnxruntime-web/', location.href).href;
  const report = (line: string): void => {
    console.log(line);
  };
  return measureRows({ ...job, web, native: null, report });
}
