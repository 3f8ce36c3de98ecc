// Measures int8 rows under int8 activations, and weights under activations in floating point, for both modules: GOPS = 2 M N K /
// time and GB/s of packed weights, best and median of runs that take turns; of loading, GB/s of the checkpoint's bytes. Beside
// them, what loops of nothing else reach in the same minute.
//
//     node -C @fewbit/source tools/measure-linear-ungrouped.ts [word of a case's name ...]
import { layerCases, type Case } from './linear-cases.ts';
import { compilePeak } from './peak.ts';

/** Of each case in each round. */
const MILLISECONDS = 250;
const ROUNDS = 4;

const cases = await layerCases(process.argv.slice(2));
for (let round = 0; round < ROUNDS; round += 1) for (const one of cases) measure(one);
for (const { name, operations, bytes, times } of cases) {
  const sorted = times.toSorted((a, b) => a - b);
  const [best = NaN, median = NaN] = [sorted[0], sorted[sorted.length >> 1]];
  const rate = (amount: number, ms: number): string => (amount / ms / 1e6).toFixed(1).padStart(6);
  const speed = operations === 0 ? ' '.repeat(22) : `${rate(operations, best)} (${rate(operations, median)}) GOPS`;
  console.log(`${name.padEnd(42)} ${speed} ${rate(bytes, best)} (${rate(bytes, median)}) GB/s`);
}
const peak = await compilePeak();
console.log(
  `peak: bytes ${peak.bytes().toFixed(1)}, 16 bits ${peak.words().toFixed(1)} GOPS, f32 ${peak.floats().toFixed(1)} GFLOPS`,
);

function measure({ run, times }: Case): void {
  for (let i = 0; i < 10; i += 1) run();
  const end = performance.now() + MILLISECONDS;
  do {
    const start = performance.now();
    run();
    times.push(performance.now() - start);
  } while (performance.now() < end);
}
