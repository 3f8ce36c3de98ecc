import type { KeyUse } from '../matcher/key-use.ts';
import { fateOf, type ExplainedTensor } from './explain.ts';
import type { Fate } from './fate.ts';

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
  for (const [fate, tensors] of countFates(rows)) {
    const bytes = tensors * (fate.bytesAfter ?? fate.bytesBefore);
    elements += tensors * fate.elements;
    before += tensors * fate.bytesBefore;
    after += bytes;
    if (fate.config === null) continue;
    quantizedTensors += tensors;
    quantizedElements += tensors * fate.elements;
    quantizedBefore += tensors * fate.bytesBefore;
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
  const byConfig: Map<string, Map<string, Counter>> = new Map();
  for (const [fate, tensors] of countFates(rows)) {
    if (fate.config === null) continue;
    const bySummary = known(byConfig, fate.config, () => new Map<string, Counter>());
    count(known(bySummary, fate.summary ?? '', nothing), fate, tensors);
  }
  return [...byConfig].flatMap(([config, bySummary]) =>
    Array.from(bySummary, ([summary, counter]): ConfigCount => ({ config, summary, ...counter })),
  );
}

/** The same for each key of the recipe, in its order, those that decide nothing included. */
export function countKeys(rows: readonly ExplainedTensor[], uses: readonly KeyUse[]): readonly KeyCount[] {
  const byKey: Map<string, Counter & { quantizedTensors: number }> = new Map();
  for (const [fate, tensors] of countFates(rows)) {
    if (fate.key === null || fate.outcome === 'module-key') continue;
    const counter = known(byKey, fate.key, () => ({ ...nothing(), quantizedTensors: 0 }));
    count(counter, fate, tensors);
    if (fate.config !== null) counter.quantizedTensors += tensors;
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

function count(counter: Counter, { elements, bytesBefore, bytesAfter }: Fate, tensors: number): void {
  counter.tensors += tensors;
  counter.elements += tensors * elements;
  counter.bytesBefore += tensors * bytesBefore;
  counter.bytesAfter += tensors * (bytesAfter ?? bytesBefore);
}

/** How many rows meet each fate, in order of first appearance: some hundred fates stand for all tensors of a large model. */
function countFates(rows: readonly ExplainedTensor[]): ReadonlyMap<Fate, number> {
  const counts: Map<Fate, number> = new Map();
  let last: Fate | null = null;
  let same = 0;
  for (const row of rows) {
    const fate = fateOf(row);
    // Neighbours share their fate.
    if (fate === last) same += 1;
    else {
      if (last !== null) counts.set(last, (counts.get(last) ?? 0) + same);
      last = fate;
      same = 1;
    }
  }
  if (last !== null) counts.set(last, (counts.get(last) ?? 0) + same);
  return counts;
}

function known<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) map.set(key, (value = make()));
  return value;
}
