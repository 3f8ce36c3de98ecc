import { createRoofline, ROUNDS, type Roofline } from '../roofline/roofline.ts';
import { multiplyingOnTwoThreads, readingOnTwoThreads, type OnTwoThreads } from '../roofline/two-threads.ts';
import { compare } from './compare.ts';
import { interleave, type Contender, type Timing } from './interleave.ts';
import { onnxPeer, type Onnx, type Peer } from './onnx-peer.ts';
import { ours } from './ours.ts';
import { createProblem } from './problem.ts';
import { ROWS, type Row, type Variant } from './rows.ts';

/** Where rows are measured, and with what. */
export interface Environment {
  readonly web: Onnx;
  /** Null where nothing native runs: rows against it are measured without. */
  readonly native: Onnx | null;
  /** The roofline's modules, base64, of the variants that run here. */
  readonly rooflines: Readonly<Partial<Record<Variant, string>>>;
  /** Two, where a second thread is to be measured. */
  readonly threads: 1 | 2;
  /** Only rows against this peer; null: all. */
  readonly only: Row['peer'] | null;
  readonly report: (line: string) => void;
}

/** Plain data, to be sent to whoever writes the table. */
export interface RowResult {
  readonly title: string;
  /** By contender's name. */
  readonly timings: Readonly<Record<string, Timing>>;
  /** How far each contender's results are from the first of ours: root mean square over that of the results. */
  readonly differences: Readonly<Record<string, number>>;
  readonly roofs: Readonly<Partial<Record<Variant, Roof>>>;
  /**
   * How many times as fast two threads read the weights as one does, or multiply, whichever takes the row's time: what the machine
   * gives at that moment. By medians, and by the best.
   */
  readonly onTwo: Readonly<Partial<Record<Variant, { readonly median: number; readonly best: number }>>>;
}

export interface Roof {
  readonly packing: string;
  /** Bytes of a weight as the kernel reads it, and how many a second this thread reads from a working set as large. */
  readonly bytes: number;
  readonly bytesPerSecond: number;
  readonly operations: number;
  readonly operationsPerSecond: number;
}

/** As many as take about as long as a row's call, or waking the other thread would count for more than it does there. */
const MULTIPLYING_CALLS = 5;

/** 8-bit activations over [-1, 1] differ by 0.4 % of themselves, so do results; a wrong code or scale shows as far more. */
export const TOLERANCE = 0.02;

export async function measureRows(environment: Environment): Promise<readonly RowResult[]> {
  const results: RowResult[] = [];
  for (const row of ROWS.filter(({ peer }) => environment.only === null || peer === environment.only)) {
    environment.report(row.title);
    results.push(await measureRow(row, environment));
  }
  return results;
}

async function measureRow(row: Row, { web, native, rooflines, threads }: Environment): Promise<RowResult> {
  const { shape, copies } = row;
  const work = { problem: createProblem(shape, 1), copies };
  const variants = (['relaxed', 'plain'] as const).filter((variant) => rooflines[variant] !== undefined);
  const single = await Promise.all(variants.map((variant) => ours(variant, 1, work)));
  const double =
    threads === 2 && row.threads ? await Promise.all(variants.map((variant) => ours(variant, 2, work))) : [];
  const onnx = row.peer === 'onnxruntime-web' ? web : native;
  const peers: Peer[] = [];
  if (onnx !== null) for (const operator of row.operators) peers.push(await onnxPeer(row.peer, onnx, operator, work));
  const differences = await compare([...single, ...double, ...peers], TOLERANCE);

  const [one] = single;
  if (one === undefined) throw new Error('no module of kernels-wasm runs here');
  const rulers: Map<Variant, Roofline> = new Map();
  for (const variant of variants)
    rulers.set(variant, await createRoofline(rooflines[variant] ?? '', variant, one.weightBytes));
  const measured = [...rulers.values()].flatMap(({ reading, multiplying }) => [...reading, multiplying]);
  // Reading takes as long whichever module does it.
  const pairs: Map<Variant, OnTwoThreads> = new Map();
  let reading: OnTwoThreads | null = null;
  for (const variant of double.length > 0 ? variants : []) {
    const module = rooflines[variant] ?? '';
    if (shape.rows === 1) reading ??= await readingOnTwoThreads(module, one.weightBytes);
    pairs.set(variant, reading ?? (await multiplyingOnTwoThreads(module, variant, MULTIPLYING_CALLS * ROUNDS)));
  }
  const both = new Set(pairs.values());
  const timings = await interleave([...single, ...double, ...peers, ...measured, ...both]);

  const onTwo: Partial<Record<Variant, { median: number; best: number }>> = {};
  for (const [variant, pair] of pairs) {
    const ruler = rulers.get(variant);
    const two = timings.get(pair.name);
    if (ruler === undefined || two === undefined) continue;
    const alone = shape.rows === 1 ? ruler.reading : [ruler.multiplying];
    const calls = shape.rows === 1 ? 1 : MULTIPLYING_CALLS;
    const fastest = (figure: 'median' | 'best'): number =>
      Math.min(...alone.map(({ name }) => timings.get(name)?.[figure] ?? NaN));
    onTwo[variant] = { median: (calls * fastest('median')) / two.median, best: (calls * fastest('best')) / two.best };
  }
  const roofs: Partial<Record<Variant, Roof>> = {};
  for (const [at, variant] of variants.entries()) {
    const ruler = rulers.get(variant);
    const mine = single[at];
    if (ruler === undefined || mine === undefined) continue;
    roofs[variant] = {
      packing: mine.packing,
      bytes: mine.weightBytes / copies,
      bytesPerSecond: one.weightBytes / Math.min(...ruler.reading.map((reading) => bestOf(timings, reading))),
      operations: 2 * shape.rows * shape.outFeatures * shape.inFeatures,
      operationsPerSecond: ruler.operations / bestOf(timings, ruler.multiplying),
    };
  }
  for (const mine of [...single, ...double]) mine.release();
  for (const peer of peers) await peer.release();
  for (const pair of both) pair.release();
  return { title: row.title, timings: Object.fromEntries(timings), differences, roofs, onTwo };
}

function bestOf(timings: ReadonlyMap<string, Timing>, { name }: Contender): number {
  return timings.get(name)?.best ?? NaN;
}
