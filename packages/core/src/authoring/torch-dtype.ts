import type { FloatDtype } from '../dtype.ts';
import type { JsonObject } from '../json.ts';

const TORCH_NAMES: Readonly<Record<FloatDtype, string>> = { F32: 'float32', BF16: 'bfloat16', F16: 'float16' };

/** PyTorch's name of a dtype: `bfloat16`. */
export function torchNameOf(dtype: FloatDtype): string {
  return TORCH_NAMES[dtype];
}

/** The dtype that PyTorch calls `bfloat16`, `float16` or `float32`; undefined for any other name. */
export function floatDtypeOf(torchName: string): FloatDtype | undefined {
  return (Object.keys(TORCH_NAMES) as FloatDtype[]).find((dtype) => TORCH_NAMES[dtype] === torchName);
}

/** How torchao writes a dtype in JSON: `{"_type": "torch.dtype", "_data": "bfloat16"}`. */
export function torchDtypeJson(torchName: string): JsonObject {
  return { _type: 'torch.dtype', _data: torchName };
}

/** How torchao writes a member of an enum in JSON: by name, `{"_type": "MappingType", "_data": "SYMMETRIC"}`. */
export function torchEnumJson(enumClass: string, member: string): JsonObject {
  return { _type: enumClass, _data: member };
}
