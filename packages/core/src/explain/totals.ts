import type { KeyUse } from '../matcher/key-use.ts';
import type { ExplainedTensor } from './explain.ts';

/** The whole of a checkpoint under a recipe. */
export interface ExplainedTotals {
  readonly tensors: number;
  readonly quantizedTensors: number;
  /** Elements of all tensors, and of those that get a config. */
  readonly elements: number;
  readonly quantizedElements: number;
  /** Bytes of tensor data as they are, of all tensors and of those that get a config. */
  readonly bytesBefore: number;
  readonly quantizedBytesBefore: number;
  /** Of tensor data, headers not counted; refused tensors as they were. */
  readonly bytesAfter: number;
  /** Share of the elements that get a config, from 0 to 1; 0 of none. */
  readonly coverage: number;
  /** Share of the bytes that belong to tensors that get a config, from 0 to 1; 0 of none. */
  readonly byteCoverage: number;
  /** Bits that an element takes on average after, plain tensors included; null when there is none. */
  readonly bitsPerElement: number | null;
  /** Bits that a quantized element takes on average, its share of scales and zero points included; null when none is. */
  readonly bitsPerQuantizedElement: number | null;
}

export function totalsOf(rows: readonly ExplainedTensor[]): ExplainedTotals {
  let [quantizedTensors, elements, quantizedElements, before, quantizedBefore, after, quantizedAfter] = [
    0, 0, 0, 0, 0, 0, 0,
  ];
  for (const row of rows) {
    const bytes = row.bytesAfter ?? row.bytesBefore;
    elements += row.elements;
    before += row.bytesBefore;
    after += bytes;
    if (row.config === null) continue;
    quantizedTensors += 1;
    quantizedElements += row.elements;
    quantizedBefore += row.bytesBefore;
    quantizedAfter += bytes;
  }
  return {
    tensors: rows.length,
    quantizedTensors,
    elements,
    quantizedElements,
    bytesBefore: before,
    quantizedBytesBefore: quantizedBefore,
    bytesAfter: after,
    coverage: elements === 0 ? 0 : quantizedElements / elements,
    byteCoverage: before === 0 ? 0 : quantizedBefore / before,
    bitsPerElement: elements === 0 ? null : (after * 8) / elements,
    bitsPerQuantizedElement: quantizedElements === 0 ? null : (quantizedAfter * 8) / quantizedElements,
  };
}

/** A part of the tensors, counted. */
export interface ExplainedCount {
  readonly tensors: number;
  readonly elements: number;
  readonly bytesBefore: number;
  /** Refused tensors as they were. */
  readonly bytesAfter: number;
}

/** The tensors that get one config. */
export interface ConfigCount extends ExplainedCount {
  /** Type name. */
  readonly config: string;
  /** Configs of one type with different fields are counted apart. */
  readonly summary: string;
}

/** The tensors that one key decides, and whether it does anything. */
export interface KeyCount extends ExplainedCount {
  readonly key: string;
  readonly use: KeyUse['use'];
  /** How many of the tensors are quantized: the others are left alone, by a null or because the config takes no such tensor. */
  readonly quantizedTensors: number;
}

type Counter = { -readonly [Name in keyof ExplainedCount]: number };

/** How many tensors, elements and bytes each config gets, in order of first appearance. */
export function countConfigs(rows: readonly ExplainedTensor[]): readonly ConfigCount[] {
  // Two levels rather than one joined name: it would be made for every row.
  const byConfig: Map<string, Map<string, Counter>> = new Map();
  for (const row of rows) {
    if (row.config === null) continue;
    const bySummary = known(byConfig, row.config, () => new Map<string, Counter>());
    count(known(bySummary, row.summary ?? '', nothing), row);
  }
  return [...byConfig].flatMap(([config, bySummary]) =>
    Array.from(bySummary, ([summary, counter]): ConfigCount => ({ config, summary, ...counter })),
  );
}

/** The same for each key of the recipe, in its order, those that decide nothing included. */
export function countKeys(rows: readonly ExplainedTensor[], uses: readonly KeyUse[]): readonly KeyCount[] {
  const byKey: Map<string, Counter & { quantizedTensors: number }> = new Map();
  for (const row of rows) {
    if (row.key === null || row.outcome === 'module-key') continue;
    const counter = known(byKey, row.key, () => ({ ...nothing(), quantizedTensors: 0 }));
    count(counter, row);
    if (row.config !== null) counter.quantizedTensors += 1;
  }
  return uses.map(({ key, use }): KeyCount => ({
    key,
    use,
    ...(byKey.get(key) ?? { ...nothing(), quantizedTensors: 0 }),
  }));
}

function nothing(): Counter {
  return { tensors: 0, elements: 0, bytesBefore: 0, bytesAfter: 0 };
}

function count(counter: Counter, row: ExplainedTensor): void {
  counter.tensors += 1;
  counter.elements += row.elements;
  counter.bytesBefore += row.bytesBefore;
  counter.bytesAfter += row.bytesAfter ?? row.bytesBefore;
}

function known<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) map.set(key, (value = make()));
  return value;
}
