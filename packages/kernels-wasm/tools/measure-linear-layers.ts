// pnpm exec node --conditions=@fewbit/source tools/measure-linear-layers.ts [words of a case's name]: how fast layers run on this machine. Cases take turns, so that
// what else the machine does slows all of them; beside them stand what memory and instructions give in a loop of their own.
//
// For an engine that takes no TypeScript: pnpm exec tsdown tools/measure-linear-layers.ts --no-dts --out-dir /tmp/measure
import { layerCases, type Case } from './linear-cases.ts';
import { peakLoops } from './peak-loops.ts';

const SECONDS = 1;
const ROUNDS = 4;

const wanted = process.argv.slice(2);
const cases = [
  ...(await layerCases('relaxed')),
  ...(await layerCases('plain')),
  ...(await peakLoops()).map((loop) => ({ ...loop, times: [] })),
].filter(({ name }) => wanted.every((word) => name.includes(word)));
for (let round = 0; round < ROUNDS; round += 1) for (const one of cases) measure(one, (SECONDS * 1000) / ROUNDS);
for (const { name, operations, bytes, times } of cases) {
  const sorted = times.toSorted((a, b) => a - b);
  const best = sorted[0] ?? NaN;
  const median = sorted[sorted.length >> 1] ?? NaN;
  const rate = (amount: number, ms: number): string => (amount / ms / 1e6).toFixed(1).padStart(6);
  const speed = operations === 0 ? ' '.repeat(27) : `${rate(operations, best)} (${rate(operations, median)}) GOPS`;
  console.log(`${name.padEnd(44)} ${speed} ${rate(bytes, best)} (${rate(bytes, median)}) GB/s, ${best.toFixed(3)} ms`);
}

function measure({ run, times }: Case, milliseconds: number): void {
  for (let i = 0; i < 10; i += 1) run();
  const end = performance.now() + milliseconds;
  do {
    const start = performance.now();
    run();
    times.push(performance.now() - start);
  } while (performance.now() < end);
}
