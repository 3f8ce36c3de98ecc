import {
  byteLength,
  DTYPE_BITS,
  isJsonObject,
  type Dtype,
  type JsonValue,
  type OutputTensor,
  type TensorInfo,
} from '@fewbit/core';

import { shown } from '../json/checkpoint-json.ts';
import { pythonJson } from '../json/python-json.ts';
import { PLAIN_TYPE } from '../torchao/component-names.ts';

/** Ascending alignment, as the reference implementation orders dtypes. */
const DTYPE_RANK: ReadonlyMap<Dtype, number> = new Map(
  (Object.keys(DTYPE_BITS) as Dtype[]).map((dtype, rank) => [dtype, rank]),
);

/** What all tensors of one class, shape and attributes have in common: a model has few of these and many tensors. */
export interface TensorPattern {
  readonly components: readonly ComponentPattern[];
  /** Components by name. */
  readonly byName: readonly ComponentPattern[];
  /** Bytes of all components. */
  readonly byteLength: number;
  /** What follows the tensor's name in the metadata: the quote, its description as a JSON string, the comma. */
  readonly description: Uint8Array;
  /** Why such a tensor cannot be written, as the end of a sentence; null when it can. */
  readonly problem: string | null;
}

export interface ComponentPattern {
  readonly name: string;
  /** Index into the tensor's components. */
  readonly index: number;
  /** Higher comes first in a file. */
  readonly rank: number;
  /** What stands between the key and the offsets in a header: the component's name, dtype and shape. */
  readonly entry: Uint8Array;
  readonly byteLength: number;
}

/** A copied tensor's single component has its own dtype and shape, and adds nothing to its name. */
export function componentsOf({ parameter: { dtype, shape }, quantizer }: OutputTensor): readonly TensorInfo[] {
  return quantizer === null ? [{ name: '', dtype, shape }] : quantizer.components;
}

/** A model's layers repeat a handful of patterns in turn. */
const REMEMBERED = 16;

/** Gives each tensor its pattern; equal ones share one. */
export function createPatternCache(): (tensor: OutputTensor) => TensorPattern {
  const recent: { readonly tensor: OutputTensor; readonly pattern: TensorPattern }[] = [];
  return (tensor) => {
    for (const known of recent) if (samePattern(known.tensor, tensor)) return known.pattern;
    const pattern = makePattern(tensor);
    recent.unshift({ tensor, pattern });
    recent.length = Math.min(recent.length, REMEMBERED);
    return pattern;
  };
}

function makePattern(tensor: OutputTensor): TensorPattern {
  const { quantizer } = tensor;
  const components = componentsOf(tensor);
  const encoder = new TextEncoder();
  const patterns = components.map((component, index): ComponentPattern => {
    const { name, dtype, shape } = component;
    const entry = encoder.encode(`${name}":{"dtype":"${dtype}","shape":[${shape.join(',')}],"data_offsets":[`);
    return { name, index, rank: DTYPE_RANK.get(dtype) ?? 0, entry, byteLength: byteLength(component) };
  });
  const description =
    quantizer === null
      ? pythonJson({ _type: PLAIN_TYPE })
      : pythonJson({
          _type: quantizer.tensorClass,
          _data: quantizer.attributes,
          _tensor_data_names: components.map(({ name }) => name),
        });
  return {
    components: patterns,
    byName: [...patterns].sort((left, right) => (left.name < right.name ? -1 : 1)),
    byteLength: patterns.reduce((sum, component) => sum + component.byteLength, 0),
    description: encoder.encode(`":${JSON.stringify(description)},`),
    problem: problemOf(quantizer !== null, patterns),
  };
}

const COMPONENT_NAME = /^\w+$/;

function problemOf(quantized: boolean, components: readonly ComponentPattern[]): string | null {
  const total = components.reduce((sum, { byteLength }) => sum + byteLength, 0);
  if (!Number.isSafeInteger(total) || components.some(({ byteLength }) => !Number.isSafeInteger(byteLength))) {
    return 'does not fill a whole number of bytes below 2^53';
  }
  if (!quantized) return null;
  if (components.length === 0) return 'is quantized but has no components';
  const names = components.map(({ name }) => name);
  const odd = names.find((name) => !COMPONENT_NAME.test(name));
  if (odd !== undefined) return `has a component named ${shown(odd)}`;
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  return twice === undefined ? null : `has two components named ${shown(twice)}`;
}

function samePattern(left: OutputTensor, right: OutputTensor): boolean {
  const ours = left.quantizer;
  const theirs = right.quantizer;
  if (ours === null || theirs === null) return ours === theirs && sameForm(left.parameter, right.parameter);
  return (
    ours === theirs ||
    (ours.tensorClass === theirs.tensorClass &&
      ours.components.length === theirs.components.length &&
      ours.components.every((component, index) => sameComponent(component, theirs.components[index])) &&
      sameJson(ours.attributes, theirs.attributes))
  );
}

function sameComponent(left: TensorInfo, right: TensorInfo | undefined): boolean {
  return left.name === right?.name && sameForm(left, right);
}

function sameForm(left: TensorInfo, right: TensorInfo): boolean {
  return left.dtype === right.dtype && sameJson(left.shape, right.shape);
}

/** Equal values with members in the same order, which decides the text. */
function sameJson(left: JsonValue, right: JsonValue): boolean {
  if (left === right) return true;
  if (Array.isArray(left)) {
    return (
      Array.isArray(right) &&
      left.length === right.length &&
      left.every((element: JsonValue, index) => sameJson(element, right[index] as JsonValue))
    );
  }
  if (!isJsonObject(left) || !isJsonObject(right)) return false;
  const names = Object.keys(left);
  const others = Object.keys(right);
  return (
    names.length === others.length &&
    names.every((name, index) => name === others[index] && sameJson(left[name] ?? null, right[name] ?? null))
  );
}
