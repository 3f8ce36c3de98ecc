import { createRoofline, ROUNDS, type Roofline } from '../roofline/roofline.ts';
import { multiplyingOnTwoThreads, readingOnTwoThreads } from '../roofline/two-threads.ts';
import { compare } from './compare.ts';
import { interleave, type Contender, type Timing } from './interleave.ts';
import { onnxPeer, type Onnx, type Peer } from './onnx-peer.ts';
import { ours } from './ours.ts';
import { createProblem } from './problem.ts';
import { ROWS, type Row, type Variant } from './rows.ts';
import { measureThreads, type ThreadContenders, type ThreadTimings } from './second-core.ts';

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
  readonly threads: Readonly<Partial<Record<Variant, ThreadTimings>>>;
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
/** Read in a call, for the same reason; no cache that two cores share holds them. */
const READ_BYTES = 340 * 2 ** 20;

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
  const timings = await interleave([...single, ...peers, ...measured]);
  const threadTimings: Partial<Record<Variant, ThreadTimings>> = {};
  for (const [at, two] of double.entries()) {
    const [variant, mine] = [variants[at], single[at]];
    if (variant === undefined || mine === undefined) continue;
    threadTimings[variant] = await measureOnTwo(row, variant, rooflines[variant] ?? '', { one: mine, two });
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
  return { title: row.title, timings: Object.fromEntries(timings), differences, roofs, threads: threadTimings };
}

/** One row's weights come from memory: two threads are compared with a loop that reads. Many rows: with one that multiplies. */
async function measureOnTwo(
  row: Row,
  variant: Variant,
  roofline: string,
  ours: Pick<ThreadContenders, 'one' | 'two'>,
): Promise<ThreadTimings> {
  const reads = row.shape.rows === 1;
  const { reading, multiplying } = await createRoofline(roofline, variant, READ_BYTES);
  const both = reads
    ? await readingOnTwoThreads(roofline, READ_BYTES)
    : await multiplyingOnTwoThreads(roofline, variant, MULTIPLYING_CALLS * ROUNDS);
  const [, inEightPlaces] = reading;
  const alone = reads ? inEightPlaces : repeated(multiplying, MULTIPLYING_CALLS);
  const timings = await measureThreads({ ...ours, alone, both });
  both.release();
  return timings;
}

function repeated({ name, call }: Contender, times: number): Contender {
  return {
    name: `${name}, ${times} times`,
    call: (turn) => {
      for (let time = 0; time < times; time += 1) call(turn);
    },
  };
}

function bestOf(timings: ReadonlyMap<string, Timing>, { name }: Contender): number {
  return timings.get(name)?.best ?? NaN;
}
