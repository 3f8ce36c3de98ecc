// Measures rows in this process of Node and prints them as JSON; bundled, since Node 20 runs no TypeScript.
import { writeFileSync } from 'node:fs';
import * as native from 'onnxruntime-node';
import * as web from 'onnxruntime-web';
import { measureRows, type Environment } from './measure-rows.ts';

export type NodeJob = Pick<Environment, 'rooflines' | 'threads' | 'only'>;

const [job = '{}', target = ''] = process.argv.slice(2);
web.env.wasm.numThreads = 1;
const report = (line: string): void => {
  console.error(`  ${process.version}: ${line}`);
};
const results = await measureRows({ ...(JSON.parse(job) as NodeJob), web, native, report });
writeFileSync(target, JSON.stringify(results));
