// Tags: a function over one of them is compiled once for each, with nothing to decide at run time.
export class F32 {}
export class Bf16 {}
export class F16 {}

// The same as numbers, as the host passes them.
export const F32_CODE: i32 = 0;
export const BF16_CODE: i32 = 1;

export function bytesOf<T>(): i32 {
  return idof<T>() == idof<F32>() ? 4 : 2;
}

export function dtypeCode<T>(): i32 {
  return idof<T>() == idof<F32>() ? F32_CODE : idof<T>() == idof<Bf16>() ? BF16_CODE : 2;
}

export function bytesOfCode(dtype: i32): i32 {
  return dtype == F32_CODE ? 4 : 2;
}
