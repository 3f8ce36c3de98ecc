import { isJsonObject, type Dtype, type JsonObject, type JsonValue } from '@fewbit/core';

/** How a config cuts a weight, in torchao's words, as far as it decides what torchao refuses. */
export interface Granularity {
  /** `PerTensor`, `PerRow`, `PerAxis`, `PerGroup`. */
  readonly type: string;
  /** Group size, dimension or axis. */
  readonly value: number;
}

/** The granularity in torchao's JSON: `{"_type": "PerGroup", "_data": {"group_size": 32}}`. */
export function readGranularity(json: JsonValue | undefined): Granularity {
  if (!isJsonObject(json)) return PER_ROW;
  const type = Object.hasOwn(json, '_type') ? json._type : null;
  const data = Object.hasOwn(json, '_data') ? json._data : null;
  if (typeof type !== 'string' || !isJsonObject(data)) return PER_ROW;
  const [value] = Object.values(data);
  return { type, value: typeof value === 'number' ? value : 0 };
}

const PER_ROW: Granularity = { type: 'PerRow', value: -1 };

/** A member of an enum or a dtype in torchao's JSON: `{"_type": "MappingType", "_data": "SYMMETRIC"}`. */
export function readName(fields: JsonObject, name: string): string {
  const value = Object.hasOwn(fields, name) ? fields[name] : null;
  const inner = isJsonObject(value) && Object.hasOwn(value, '_data') ? value._data : value;
  return typeof inner === 'string' ? inner : '';
}

/** Block extents of a weight; null where the granularity names a dimension that it does not have. */
export function blockSizeOf(shape: readonly number[], { type, value }: Granularity): readonly number[] | null {
  const last = shape.length - 1;
  const axis = value < 0 ? value + shape.length : value;
  switch (type) {
    case 'PerTensor':
      return shape;
    case 'PerGroup':
      return shape.length === 0 ? null : shape.map((_, at) => (at === last ? value : 1));
    case 'PerAxis':
      return axis > last || axis < 0 ? null : shape.map((extent, at) => (at === axis ? 1 : extent));
    default:
      return axis > last || axis < 0 ? null : shape.map((extent, at) => (at === axis ? extent : 1));
  }
}

/** Whether blocks hold one element each, which leaves torch no dimension to reduce. A weight of one element is all right. */
export function hasSingleElementBlocks(shape: readonly number[], blockSize: readonly number[]): boolean {
  return blockSize.every((extent) => extent === 1) && shape.some((extent) => extent !== 1);
}

/** Whether torch would look for the largest of no elements. A weight without elements fails in another way where it would not. */
export function reducesNothing(shape: readonly number[], blockSize: readonly number[]): boolean {
  return shape.includes(0) && blockSize.includes(0);
}

export const EMPTY = 'the tensor has no elements';

/** Whether blocks cut the last dimension into several groups: PyTorch then looks at it as two. */
export function splitsLast(shape: readonly number[], blockSize: readonly number[]): boolean {
  const group = blockSize.at(-1) ?? 1;
  return group > 1 && group < (shape.at(-1) ?? 1);
}

export function isFloat8(dtype: Dtype): boolean {
  return dtype.startsWith('F8_') || dtype.startsWith('F6_') || dtype === 'F4';
}

export function isComputedIn(dtype: Dtype): boolean {
  return dtype === 'F32' || dtype === 'BF16' || dtype === 'F16';
}

export function shownShape(shape: readonly number[]): string {
  return `[${shape.join(', ')}]`;
}
