import {
  elementCount,
  isJsonObject,
  type Dtype,
  type JsonObject,
  type LogicalTensor,
  type StoredTensor,
} from '@fewbit/core';

import { floatElement, type ScaleSharing } from './granularity.ts';
import { extentsMember, integerMember, member, objectMember, stringMember, torchDtype } from './quantization-config.ts';
import { scheme, type QuantizationScheme } from './scheme.ts';
import { sameShape, shownShape } from './shapes.ts';

/** What a tensor of one of torchao's classes is; problems are what its constructor or the loader would stumble over. */
export interface DescribedClass {
  readonly dtype: Dtype | null;
  readonly shape: readonly number[] | null;
  readonly scheme: QuantizationScheme;
  readonly problem: string | null;
}

/** Describes by the class's name, attributes and components: what torchao's eight classes store, whoever can read them here. */
export function describeTorchaoClass({ quantized, components }: LogicalTensor): DescribedClass {
  const name = quantized?.tensorClass ?? '';
  const stored: StoredClass = { attributes: quantized?.attributes ?? {}, components };
  const shape = shapeOf(name, stored);
  const sharing = sharingOf(name, shape, stored);
  const zero = components.get('zero_point')?.dtype ?? null;
  const isFloatZero = zero !== null && /^B?F/.test(zero);
  const { element, bits } = elementOf(name, stored);
  return {
    shape,
    dtype: dtypeOf(name, stored),
    scheme: scheme({
      format: 'torchao',
      element,
      bits,
      ...sharing,
      zeroPoint: name === 'Int4TilePackedTo4dTensor' || isFloatZero ? 'float' : zero === null ? 'none' : 'integer',
      symmetric: symmetryOf(name),
      scaleDtype: (components.get('scale') ?? components.get('scale_and_zero'))?.dtype ?? null,
      activation: activationOf(stored),
      packing: name,
    }),
    problem: shape === null ? 'its attributes or components do not say its shape' : problemOf(name, shape, stored),
  };
}

interface StoredClass {
  readonly attributes: JsonObject;
  readonly components: ReadonlyMap<string, StoredTensor>;
}

const PACKED_BY_TWO: ReadonlySet<string> = new Set(['float4_e2m1fn_x2', 'fp4_e2m1']);

function shapeOf(name: string, { attributes, components }: StoredClass): readonly number[] | null {
  const qdata = components.get('qdata')?.shape;
  switch (name) {
    case 'Int4Tensor':
    case 'Int4PlainInt32Tensor':
    case 'Int4TilePackedTo4dTensor':
      return extentsMember(attributes, 'shape');
    case 'NVFP4Tensor':
      return qdata === undefined ? null : doubled(qdata);
    case 'MXTensor':
      return qdata === undefined ? null : PACKED_BY_TWO.has(elementName(attributes)) ? doubled(qdata) : qdata;
    default:
      return qdata ?? null;
  }
}

function doubled(shape: readonly number[]): readonly number[] {
  return [...shape.slice(0, -1), (shape.at(-1) ?? 0) * 2];
}

/** `elem_dtype`: a dtype in its envelope, or a bare string. */
function elementName(attributes: JsonObject): string {
  return envelope(attributes, 'elem_dtype') ?? '';
}

/** The `_data` of `{"_type": …, "_data": "int4"}`, or a bare string. */
function envelope(attributes: JsonObject, name: string): string | null {
  const value = member(attributes, name);
  if (typeof value === 'string') return value;
  return isJsonObject(value) ? stringMember(value, '_data') : null;
}

function elementOf(name: string, { attributes, components }: StoredClass): { element: string; bits: number } {
  switch (name) {
    case 'Int8Tensor':
      return { element: 'int8', bits: 8 };
    case 'IntxUnpackedToInt8Tensor': {
      const target = envelope(attributes, 'target_dtype') ?? '';
      const bits = /^int[1-8]$/.test(target) ? Number(target.slice(3)) : 8;
      return { element: /^int[1-8]$/.test(target) ? target : 'int8', bits };
    }
    case 'Float8Tensor':
      return { element: floatElement(components.get('qdata')?.dtype ?? 'U8') ?? 'float8', bits: 8 };
    case 'MXTensor': {
      const element = elementName(attributes);
      const bits = PACKED_BY_TWO.has(element) ? 4 : element.startsWith('fp6') ? 6 : 8;
      return { element: bits === 4 ? 'float4_e2m1' : element === '' ? 'float8' : element.slice(0, 40), bits };
    }
    case 'NVFP4Tensor':
      return { element: 'float4_e2m1', bits: 4 };
    case 'Int4Tensor':
    case 'Int4PlainInt32Tensor':
    case 'Int4TilePackedTo4dTensor':
      return { element: 'int4', bits: 4 };
    default:
      return { element: 'unknown', bits: 0 };
  }
}

function symmetryOf(name: string): boolean | null {
  // A float is symmetric; integers store a zero point in every case, all zeros or not.
  return name === 'Float8Tensor' || name === 'MXTensor' || name === 'NVFP4Tensor' ? true : null;
}

function dtypeOf(name: string, { attributes, components }: StoredClass): Dtype | null {
  if (name === 'Int4TilePackedTo4dTensor') return 'BF16';
  const said = torchDtype(envelope(attributes, 'dtype') ?? envelope(attributes, 'orig_dtype'));
  if (said !== null) return said;
  return name.startsWith('Int4') ? (components.get('scale')?.dtype ?? null) : null;
}

function activationOf({ attributes, components }: StoredClass): string | null {
  const words = envelope(attributes, 'activation_quantization');
  if (words !== null) return words.slice(0, 60);
  const kwargs = objectMember(attributes, 'act_quant_kwargs');
  const type = kwargs === null ? null : stringMember(kwargs, '_type');
  const found = /^QuantizeTensorTo(\w{1,20})Kwargs$/.exec(type ?? '')?.[1]?.toLowerCase();
  if (found !== undefined) return `${found}, ${components.has('act_quant_scale') ? 'static' : 'dynamic'}`;
  return envelope(attributes, 'activation_dtype')?.startsWith('float8') === true ? 'float8, dynamic' : null;
}

function blockOf(name: string, shape: readonly number[], attributes: JsonObject): readonly number[] | null {
  if (name !== 'MXTensor' && name !== 'NVFP4Tensor') return extentsMember(attributes, 'block_size');
  const size = integerMember(attributes, 'block_size');
  return size === null || size <= 0 ? null : [...shape.slice(0, -1).map(() => 1), size];
}

function sharingOf(name: string, shape: readonly number[] | null, { attributes }: StoredClass): ScaleSharing {
  const block = shape === null ? null : blockOf(name, shape, attributes);
  if (shape === null || block?.length !== shape.length)
    return { granularity: 'block', groupSize: null, blockSize: null };
  if (sameShape(block, shape)) return { granularity: 'tensor', groupSize: null, blockSize: null };
  const wide = block.findIndex((extent) => extent > 1);
  const single = block.filter((extent) => extent > 1).length <= 1;
  // Convolutions are cut along their inputs, which is their second dimension.
  if (single && (wide === shape.length - 1 || wide === 1) && shape.length >= 2) {
    return block[wide] === shape[wide]
      ? { granularity: 'row', groupSize: null, blockSize: null }
      : { granularity: 'group', groupSize: block[wide] ?? null, blockSize: null };
  }
  return { granularity: 'block', groupSize: null, blockSize: block };
}

/** Where components do not fit together. What a class that can be read here refuses, its own reader says better. */
function problemOf(name: string, shape: readonly number[], stored: StoredClass): string | null {
  const { attributes, components } = stored;
  const block = blockOf(name, shape, attributes);
  if (block === null) return 'its "block_size" is missing or no list of extents';
  if (block.length !== shape.length || block.some((extent, axis) => (shape[axis] ?? 0) % extent !== 0)) {
    return `its blocks ${shownShape(block)} do not divide its shape ${shownShape(shape)}`;
  }
  const blocks = elementCount(shape) / elementCount(block);
  const scale = components.get('scale');
  const qdata = components.get('qdata');
  const swizzled = member(attributes, 'is_swizzled_scales') === true;
  if (scale !== undefined && name !== 'Int4TilePackedTo4dTensor' && !swizzled && elementCount(scale.shape) !== blocks) {
    return `"scale" has ${elementCount(scale.shape)} entries and should have ${blocks}, one for each block`;
  }
  const codes = qdata === undefined ? 0 : elementCount(qdata.shape) * codesPerElement(name);
  const isWrong = name === 'Int4TilePackedTo4dTensor' ? codes < elementCount(shape) : codes !== elementCount(shape);
  const known = name !== 'MXTensor' && codesPerElement(name) > 0;
  return qdata !== undefined && known && isWrong
    ? `"qdata" is ${shownShape(qdata.shape)}, which does not hold ${shownShape(shape)}`
    : null;
}

function codesPerElement(name: string): number {
  switch (name) {
    case 'Int4Tensor':
    case 'NVFP4Tensor':
      return 2;
    case 'Int4PlainInt32Tensor':
    case 'Int4TilePackedTo4dTensor':
      return 8;
    case 'Int8Tensor':
    case 'IntxUnpackedToInt8Tensor':
    case 'Float8Tensor':
      return 1;
    default:
      return 0;
  }
}
