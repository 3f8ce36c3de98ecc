/** The dtypes that codes may have, by PyTorch's names. */
export const INTX_DTYPES = ['int1', 'int2', 'int3', 'int4', 'int5', 'int6', 'int7', 'int8'] as const;

export type IntxDtype = (typeof INTX_DTYPES)[number];

/** Lowest and highest code of a dtype: [-8, 7] for int4, [-1, 0] for int1. */
export function intxRange(dtype: IntxDtype): { readonly qmin: number; readonly qmax: number } {
  const half = 2 ** INTX_DTYPES.indexOf(dtype);
  return { qmin: -half, qmax: half - 1 };
}
