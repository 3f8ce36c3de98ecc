import type { JsonObject } from '@fewbit/core';
import type { Fields, Problems } from '../problems.ts';
import type { Findings } from '../findings.ts';
import type { Origin } from '../origin.ts';
import {
  bitsOf,
  describeScheme,
  intOf,
  isGroup,
  isInt,
  type AdaptedScheme,
  type NumberFormat,
  type Scheme,
  type Sharing,
  type TensorScheme,
} from '../scheme/scheme.ts';

/** `QuantizationArgs` of compressed-tensors, as far as they say which codes come out. */
export interface QuantizationArgs {
  readonly scheme: TensorScheme;
  readonly dynamic: boolean;
}

const KNOWN: readonly string[] = [
  'num_bits',
  'type',
  'symmetric',
  'group_size',
  'strategy',
  'block_structure',
  'dynamic',
  'actorder',
  'scale_dtype',
  'zp_dtype',
  'observer',
  'observer_kwargs',
];

/** Reads the args of weights or activations; null for what is a problem. */
export function readArgs(
  fields: Fields,
  origin: Origin,
  problems: Problems,
  findings: Findings,
): QuantizationArgs | null {
  const unknown = fields.names.find((name) => !KNOWN.includes(name));
  if (unknown !== undefined) problems.addAt(`"${unknown}" is no field of QuantizationArgs`, origin);
  const bits = fields.number('num_bits') ?? 8;
  const type = (fields.string('type') ?? 'int').toLowerCase();
  const sharing = sharingOf(fields, origin, problems);
  const numbers = type === 'float' ? floatOf(bits) : intOf(bits);
  if (numbers === null) problems.addAt(`${bits} bits of type "${type}" are nothing that weights can have`, origin);
  noteObserver(fields, origin, findings);
  if (sharing === null || numbers === null) return null;
  const dynamic = fields.raw('dynamic');
  const scheme: TensorScheme = {
    numbers,
    sharing,
    symmetric: fields.boolean('symmetric') ?? true,
    scales: scalesOf(fields, numbers),
  };
  return { scheme, dynamic: dynamic === true || dynamic === 'local' };
}

// Without a strategy the group size tells it.
function sharingOf(fields: Fields, origin: Origin, problems: Problems): Sharing | null {
  const size = fields.number('group_size');
  const named = fields.string('strategy')?.toLowerCase();
  const strategy = named ?? (size === undefined ? 'tensor' : size === -1 ? 'channel' : 'group');
  if (strategy === 'tensor' || strategy === 'channel' || strategy === 'token') return { by: strategy };
  if (strategy === 'block') return blockOf(fields, origin, problems);
  if (strategy === 'group' || strategy === 'tensor_group') {
    if (size !== undefined && Number.isSafeInteger(size) && size > 0) return { by: 'group', size };
    problems.addAt(`the strategy "${strategy}" needs a positive group size`, origin);
    return null;
  }
  problems.addAt(`the strategy "${strategy}" is nothing that weights or activations can have`, origin);
  return null;
}

function blockOf(fields: Fields, origin: Origin, problems: Problems): Sharing | null {
  const written = fields.raw('block_structure');
  const parts: readonly unknown[] =
    typeof written === 'string' ? written.split('x').map(Number) : Array.isArray(written) ? written : [];
  const [rows, columns] = parts;
  if (parts.length === 2 && typeof rows === 'number' && typeof columns === 'number' && rows > 0 && columns > 0) {
    return { by: 'block', rows, columns };
  }
  problems.addAt('the strategy "block" needs a "block_structure" of two numbers', origin);
  return null;
}

function floatOf(bits: number): NumberFormat | null {
  if (bits === 8) return 'float8_e4m3';
  if (bits === 6) return 'float6_e2m3';
  return bits === 4 ? 'float4_e2m1' : null;
}

function scalesOf(fields: Fields, numbers: NumberFormat): TensorScheme['scales'] {
  if (fields.string('strategy')?.toLowerCase() === 'tensor_group') return 'float8';
  const dtype = fields.string('scale_dtype') ?? '';
  // Before there was a field for it, four-bit floats in groups were MXFP4.
  const mx = dtype.endsWith('uint8') || (dtype === '' && numbers === 'float4_e2m1');
  return mx ? 'power-of-two' : 'float';
}

function noteObserver(fields: Fields, origin: Origin, findings: Findings): void {
  const observer = fields.string('observer');
  if (observer !== undefined && !PLAIN_OBSERVERS.includes(observer)) {
    const message = `the observer "${observer}" does not take scales from extremes, as the other side does`;
    findings.add('changed', 'observer', message, origin);
  }
  const order = fields.raw('actorder');
  if (order !== undefined && order !== false) {
    findings.add(
      'loss',
      'activation-order',
      '"actorder" orders columns by activation, which has no counterpart',
      origin,
    );
  }
}

const PLAIN_OBSERVERS: readonly string[] = ['minmax', 'memoryless_minmax', 'memoryless', 'static_minmax'];

/** The args of a scheme that `adaptToCompressedTensors` has given. */
export function argsOf(scheme: TensorScheme, dynamic: boolean): JsonObject {
  const { numbers, sharing, symmetric, scales } = scheme;
  const strategy = isGroup(sharing) && scales === 'float8' ? 'tensor_group' : sharing.by;
  return {
    num_bits: bitsOf(numbers),
    type: isInt(numbers) ? 'int' : 'float',
    symmetric,
    strategy,
    group_size: isGroup(sharing) ? sharing.size : null,
    ...(sharing.by === 'block' && { block_structure: [sharing.rows, sharing.columns] }),
    dynamic,
    ...(scales === 'power-of-two' && { scale_dtype: 'torch.uint8' }),
    ...(scales === 'float8' && { scale_dtype: 'torch.float8_e4m3fn' }),
  };
}

const FLOATS: readonly NumberFormat[] = ['float8_e4m3', 'float6_e2m3', 'float4_e2m1'];

/** compressed-tensors has integers, float8 (e4m3), float6 (e2m3) and float4 (e2m1), shared in every way. */
export function adaptToCompressedTensors(scheme: Scheme): AdaptedScheme {
  const tensors = [scheme.weights, ...(scheme.activations === null ? [] : [scheme.activations])];
  if (tensors.every(({ numbers }) => isInt(numbers) || FLOATS.includes(numbers))) {
    return { scheme, losses: [] };
  }
  const message = `compressed-tensors has nothing for ${describeScheme(scheme)}; such weights stay as they are`;
  return { scheme: null, losses: [{ id: 'scheme-unsupported', severity: 'loss', message }] };
}
