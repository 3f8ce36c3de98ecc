import type { QuantizingOperations } from '../contracts/quantizing.ts';
import type { ComponentWrite, TensorQuantizer } from '../contracts/config-type.ts';
import type { QuantizedTensor } from '../contracts/tensor-class.ts';
import { bytesPerElement, type FloatDtype } from '../dtype.ts';
import { byteLength, elementCount } from '../tensor.ts';
import { check } from './conformance-case.ts';

/** A weight in memory. */
export interface Weight {
  readonly dtype: FloatDtype;
  readonly shape: readonly number[];
  /** Little-endian, row-major. */
  readonly bytes: Uint8Array;
}

/** Consecutive ranges of elements: each ends where the next begins. */
export type Ranges = readonly (readonly [start: number, end: number])[];

/** The ranges of a quantizer that hold at most `units` units each, and end where a span ends. */
export function rangesOf(
  { unit, span }: Pick<TensorQuantizer, 'unit' | 'span'>,
  elements: number,
  units: number,
): Ranges {
  const ranges: [number, number][] = [];
  for (let start = 0; start < elements;) {
    const end = Math.min(start + units * unit, (Math.floor(start / span) + 1) * span, elements);
    ranges.push([start, end]);
    start = end;
  }
  return ranges;
}

/**
 * Quantizes a weight in memory, range by range, measuring first where the quantizer asks for it. Gives the bytes of each
 * component.
 *
 * @throws Error when a byte is written twice, never, or outside of its component.
 */
export async function quantizeInMemory(
  quantizer: TensorQuantizer,
  { dtype, shape, bytes }: Weight,
  backend: QuantizingOperations,
  ranges: Ranges = rangesOf(quantizer, elementCount(shape), Infinity),
): Promise<readonly Uint8Array[]> {
  const width = bytesPerElement(dtype);
  const outputs = quantizer.components.map((component) => new Uint8Array(byteLength(component)));
  const written = outputs.map((output) => new Uint8Array(output.length));
  const request = (start: number, end: number) => ({
    input: bytes.subarray(start * width, end * width),
    start,
    end,
    backend,
  });

  const statistics: Map<number, Uint8Array> = new Map();
  if (quantizer.measure !== undefined) {
    for (const [start, end] of ranges) {
      const span = Math.floor(start / quantizer.span);
      const measured = await quantizer.measure.measure(request(start, end));
      const before = statistics.get(span);
      statistics.set(span, before === undefined ? measured : quantizer.measure.merge(before, measured));
    }
  }
  for (const [start, end] of ranges) {
    const statistic = statistics.get(Math.floor(start / quantizer.span)) ?? null;
    for (const write of await quantizer.quantize({ ...request(start, end), statistic })) apply(write);
  }
  for (const [component, marks] of written.entries()) {
    const missing = marks.indexOf(0);
    check(missing < 0, () => `byte ${missing} of ${nameOf(component)} was never written`);
  }
  return outputs;

  function apply({ component, offset, bytes: piece, runs }: ComponentWrite): void {
    const output = outputs[component];
    const marks = written[component];
    check(output !== undefined && marks !== undefined, () => `a write to component ${component}, which there is not`);
    const length = runs?.length ?? piece.length;
    check(length > 0 && piece.length % length === 0, () => `${piece.length} bytes in runs of ${length}`);
    for (let run = 0; run * length < piece.length; run += 1) {
      const to = offset + run * (runs?.stride ?? 0);
      check(to >= 0 && to + length <= output.length, () => `a write at ${to} leaves ${nameOf(component)}`);
      check(
        !marks.subarray(to, to + length).includes(1),
        () => `bytes at ${to} of ${nameOf(component)} were written twice`,
      );
      marks.fill(1, to, to + length);
      output.set(piece.subarray(run * length, (run + 1) * length), to);
    }
  }

  function nameOf(component: number): string {
    return `"${quantizer.components[component]?.name ?? component}"`;
  }
}

/** The values [start, end) of a quantized tensor whose components are in memory, as little-endian bytes of its dtype. */
export function dequantizeInMemory(
  tensor: QuantizedTensor,
  components: ReadonlyMap<string, Uint8Array>,
  backend: QuantizingOperations,
  start = 0,
  end: number = elementCount(tensor.shape),
): Promise<Uint8Array> {
  const parts = tensor.reads(start, end).map(({ component, begin, end: last, runs }) => {
    const bytes = components.get(component);
    check(bytes !== undefined, () => `a read of "${component}", which there is not`);
    check(begin >= 0 && last <= bytes.length, () => `a read of [${begin}, ${last}) leaves "${component}"`);
    if (runs === undefined) return bytes.slice(begin, last);
    const pieces: number[] = [];
    for (let at = begin; at + runs.length <= last; at += runs.stride)
      pieces.push(...bytes.subarray(at, at + runs.length));
    return Uint8Array.from(pieces);
  });
  return tensor.dequantize({ start, end, parts, backend });
}
