/**
 * node bench/run.ts: prints tables of how long sets and their peers take. Seconds of processor time in one thread. Peers
 * that would take minutes are measured on a fixed sample of the names and scaled up (marked ~); ours always reads all
 * names, its build included. `pnpm bench python-re` at the root writes them to bench/RESULTS.md.
 */
import { deepSeekV3, million } from './names.ts';
import { many, peers } from './tables.ts';

const print = (text: string): void => {
  process.stdout.write(`${text}\n`);
};
print(
  'Processor seconds; `~` is scaled up from a sample of the names; `×` is how many times as long as ours, build included.',
);
for (const line of peers(deepSeekV3())) print(line);
for (const line of many(million())) print(line);
