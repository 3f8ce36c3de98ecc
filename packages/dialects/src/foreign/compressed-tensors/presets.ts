import type { NumberFormat, Scheme, Sharing, TensorScheme } from '../scheme/scheme.ts';

/** The preset schemes of compressed-tensors (0.20), by name; null is UNQUANTIZED. */
export const PRESETS: ReadonlyMap<string, Scheme | null> = presets();

function presets(): ReadonlyMap<string, Scheme | null> {
  const group128: Sharing = { by: 'group', size: 128 };
  const int = (numbers: NumberFormat, sharing: Sharing, symmetric = true): TensorScheme => ({
    numbers,
    sharing,
    symmetric,
    scales: 'float',
  });
  const float8 = (sharing: Sharing): TensorScheme => ({
    numbers: 'float8_e4m3',
    sharing,
    symmetric: true,
    scales: 'float',
  });
  const mx = (numbers: NumberFormat): TensorScheme => ({
    numbers,
    sharing: { by: 'group', size: 32 },
    symmetric: true,
    scales: 'power-of-two',
  });
  const nvfp4: TensorScheme = {
    numbers: 'float4_e2m1',
    sharing: { by: 'group', size: 16 },
    symmetric: true,
    scales: 'float8',
  };
  const only = (weights: TensorScheme): Scheme => ({ weights, activations: null });
  const withActivations = (weights: TensorScheme, activations: TensorScheme, dynamic = true): Scheme => ({
    weights,
    activations: { ...activations, dynamic },
  });
  const int8Token = int('int8', { by: 'token' });
  const int4Token = int('int4', { by: 'token' });
  const widths = ([2, 3, 4, 5, 6, 7] as const).flatMap((bits): (readonly [string, Scheme])[] => {
    const weights = int(`int${bits}`, group128);
    return [
      [`W${bits}A16`, only(weights)],
      [`W${bits}A8`, withActivations(weights, int8Token)],
      ...(bits < 5 ? [[`W${bits}A4`, withActivations(weights, int4Token)] as const] : []),
    ];
  });
  const w8a8 = withActivations(int('int8', { by: 'channel' }), int8Token);
  return new Map<string, Scheme | null>([
    ['UNQUANTIZED', null],
    ...widths,
    ['W8A16', only(int('int8', group128))],
    ['W4A16_ASYM', only(int('int4', group128, false))],
    ['W8A8', w8a8],
    ['INT8', w8a8],
    ['W4AFP8', withActivations(int('int4', group128), float8({ by: 'token' }))],
    ['FP8', withActivations(float8({ by: 'tensor' }), float8({ by: 'tensor' }), false)],
    ['FP8_DYNAMIC', withActivations(float8({ by: 'channel' }), float8({ by: 'token' }))],
    ['FP8_BLOCK', withActivations(float8({ by: 'block', rows: 128, columns: 128 }), float8(group128))],
    ['NVFP4A16', only(nvfp4)],
    ['NVFP4', withActivations(nvfp4, nvfp4)],
    ['MXFP4A16', only(mx('float4_e2m1'))],
    ['MXFP4', withActivations(mx('float4_e2m1'), mx('float4_e2m1'))],
    ['MXFP4XFP8', withActivations(mx('float4_e2m1'), float8(group128))],
    ['MXFP6A16', only(mx('float6_e2m3'))],
    ['MXFP6A8', withActivations(mx('float6_e2m3'), mx('float8_e4m3'))],
    ['MXFP8A16', only(mx('float8_e4m3'))],
    ['MXFP8', withActivations(mx('float8_e4m3'), mx('float8_e4m3'))],
  ]);
}
