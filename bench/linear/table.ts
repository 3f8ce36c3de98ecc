import type { Timing } from './interleave.ts';
import { TOLERANCE, type RowResult } from './measure-rows.ts';
import { oursName } from './ours.ts';
import { ROWS, type Place, type Row, type Variant } from './rows.ts';
import { FREE } from './second-core.ts';

/** Two threads against one, where the second core is free. */
const ASKED_OF_THREADS = 1.7;

/** Markdown of all that was measured in one place. */
export function tableOf(place: Place, results: readonly RowResult[]): string {
  const rows = ROWS.flatMap((row) => {
    const result = results.find(({ title }) => title === row.title);
    return result === undefined ? [] : [{ row, result }];
  });
  return [
    `| work | module | ours, us | GOPS | peer, us | times the peer | asked | roof, us | of the roof | off by |`,
    '| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |',
    ...rows.flatMap(({ row, result }) => linesOf(row, result, place)),
    '',
    '| work | module | 1 thread, us | 2 threads, us | times one | asked | free rounds | in all rounds | machine |',
    '| --- | --- | --- | --- | --- | --- | --- | --- | --- |',
    ...rows.flatMap(({ row, result }) => threadLines(row, result)),
    '',
    'Packed as: ' +
      [...new Set(rows.flatMap(({ result }) => Object.values(result.roofs).map(({ packing }) => packing)))].join('; ') +
      '.',
  ].join('\n');
}

function linesOf(row: Row, { timings, roofs, differences }: RowResult, place: Place): readonly string[] {
  const peers = Object.entries(timings).filter(([name]) => name.startsWith('onnxruntime'));
  // MatMulInteger leaves out what makes a layer of it; who is compared must do the same work.
  const same = peers.filter(([name]) => !name.endsWith('MatMulInteger'));
  const [peer] = same.toSorted(([, left], [, right]) => left.median - right.median);
  return (['relaxed', 'plain'] as const).flatMap((variant) => {
    const mine = timings[oursName(variant, 1)];
    const roof = roofs[variant];
    if (mine === undefined || roof === undefined) return [];
    const limit = Math.max(roof.bytes / roof.bytesPerSecond, roof.operations / roof.operationsPerSecond);
    const bound =
      limit > roof.operations / roof.operationsPerSecond
        ? `reading at ${(roof.bytesPerSecond / 1e9).toFixed(0)} GB/s`
        : `${(roof.operationsPerSecond / 1e9).toFixed(0)} GOPS`;
    const cells = [
      row.title,
      variant,
      cell(mine),
      (roof.operations / mine.median / 1e9).toFixed(1),
      peers.map(([name, timing]) => `${name}: ${cell(timing)}`).join('<br>') || 'none runs here',
      ...(peer === undefined ? ['', ''] : timesCells(peer[1], mine, askedOf(row, variant, place))),
      `${micro(limit)}, ${bound}`,
      `${((limit / mine.median) * 100).toFixed(0)} %`,
      peers.map(([name]) => percent(differences[name])).join('<br>'),
    ];
    return [`| ${cells.join(' | ')} |`];
  });
}

/** Of a gemv with the plain module something is asked only where nothing better runs. */
function askedOf(row: Row, variant: Variant, place: Place): number | null {
  if (variant === 'plain' && place !== 'Node 20' && row.shape.rows === 1) return null;
  return row.asked[variant] ?? null;
}

function threadLines({ title }: Row, { threads }: RowResult): readonly string[] {
  return (['relaxed', 'plain'] as const).flatMap((variant) => {
    const timings = threads[variant];
    if (timings === undefined) return [];
    const { free, freeRounds, rounds, all, machine } = timings;
    const cells = [
      ...[title, variant],
      ...(free === null
        ? ['', '', '', `${ASKED_OF_THREADS}: not judged`]
        : [cell(free.one), cell(free.two), ...timesCells(free.one, free.two, ASKED_OF_THREADS)]),
      `${freeRounds} of ${rounds}`,
      (all.one.median / all.two.median).toFixed(2),
      machine.toFixed(2),
    ];
    return [`| ${cells.join(' | ')} |`];
  });
}

export function ratioCells(ratio: number, asked: number | null): readonly [string, string] {
  return [ratio.toFixed(2), asked === null ? '' : `${asked}: ${ratio >= asked ? 'met' : '**missed**'}`];
}

/** How many times as fast ours is, by medians and by the best; the medians are judged. */
function timesCells(peer: Timing, mine: Timing, asked: number | null): readonly [string, string] {
  const [times, verdict] = ratioCells(peer.median / mine.median, asked);
  return [`${times} (${(peer.best / mine.best).toFixed(2)})`, verdict];
}

function percent(share: number | undefined): string {
  return share === undefined ? '' : `${(share * 100).toFixed(1)} %`;
}

function cell({ median, best }: Timing): string {
  return `${micro(median)} (${micro(best)})`;
}

function micro(seconds: number): string {
  const value = seconds * 1e6;
  return value < 1000 ? value.toPrecision(3) : value.toFixed(0);
}

/** What the tables mean. */
export const LEGEND = [
  'Medians (and best) of 31 samples in turn, one process, after 50 calls of each; times of one call through the public interface.',
  'One thread each (onnxruntime-web: numThreads 1; onnxruntime-node: intraOpNumThreads 1), same codes and scales, f32 activations,',
  'int8 activations inside ours. `times the peer` takes medians (and best), and of the operators that do the same work the fastest; MatMulInteger',
  "is given activations that are integers already and leaves them so. `off by`: root mean square of the peers' results from ours, over that",
  `of the results; more than ${TOLERANCE * 100} % ends the run. The roof of a row: the weight's bytes over how fast a working set of that size is read,`,
  'or the operations over how fast dots run in registers, whichever takes longer, both measured in turn with the row (their best).',
  'Reading takes the faster of one place and eight at once. Two threads are measured in rounds of their own, and judged by those in which the second core',
  'was free: a loop that reads memory (one row) or multiplies in registers (many rows), half of it on each of two threads that share nothing,',
  `was ${FREE} times as fast as on one thread right before ours, between one thread and two, and right after. \`in all rounds\` and \`machine\`: what ours and that loop reached, free or not.`,
].join('\n');
