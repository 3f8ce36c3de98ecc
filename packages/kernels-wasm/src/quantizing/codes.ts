import type { FloatDtype, MappingType } from '@fewbit/core';

// How the host and the kernels name things to each other (assembly/dtype.ts, assembly/affine-params.ts).

export const DTYPE_CODE: Readonly<Record<FloatDtype, number>> = { F32: 0, BF16: 1, F16: 2 };

export const MAPPING_CODE: Readonly<Record<MappingType, number>> = {
  SYMMETRIC: 0,
  SYMMETRIC_NO_CLIPPING_ERR: 1,
  ASYMMETRIC: 2,
};
