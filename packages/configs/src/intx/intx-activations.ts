import type { ActivationQuantization, FloatDtype } from '@fewbit/core';

/** torchao's `int8_asym_per_token`: asymmetric int8, one scale for each row, every step in the activations' own dtype. */
export function int8PerToken(dtype: FloatDtype): ActivationQuantization {
  return {
    mapping: 'ASYMMETRIC',
    qmin: -128,
    qmax: 127,
    // The smallest normal number of the dtype.
    eps: dtype === 'F16' ? 2 ** -14 : 2 ** -126,
    scaleDtype: dtype,
    granularity: 'row',
  };
}
