import { isJsonObject, type JsonObject, type JsonValue } from '@fewbit/core';
import type { AdaptedScheme, NumberFormat, Scheme, SchemeLoss, Sharing, TensorScheme } from './scheme.ts';

/**
 * What one of torchao's configs does, in the words that all systems have in common. Fields that only torchao has are
 * losses; a config that this does not know gives null and a loss.
 *
 * @param type Class name: `Int8WeightOnlyConfig`.
 * @param data The fields, as torchao writes them or bare. Those that are absent take torchao's default.
 */
export function fromTorchao(type: string, data: JsonObject): AdaptedScheme {
  const losses: SchemeLoss[] = [];
  const reader = READERS.get(type);
  const scheme = reader?.(data, losses) ?? null;
  if (scheme === null) {
    losses.push({
      id: 'config-unknown',
      severity: 'loss',
      message: `what ${type} does cannot be said in another system's words`,
    });
  }
  return { scheme, losses };
}

type Reader = (data: JsonObject, losses: SchemeLoss[]) => Scheme | null;

const READERS: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ['Int8WeightOnlyConfig', (data) => plain('int8', sharing(data, 'granularity', CHANNEL))],
  ['Int4WeightOnlyConfig', int4],
  ['IntxWeightOnlyConfig', intx],
  ['Int8DynamicActivationInt8WeightConfig', int8Both],
  ['Int8DynamicActivationIntxWeightConfig', intxWithInt8],
  ['Float8WeightOnlyConfig', (data) => plain(float(data, 'weight_dtype'), sharing(data, 'granularity', CHANNEL))],
  ['Float8DynamicActivationFloat8WeightConfig', float8Both],
  [
    'Float8DynamicActivationInt4WeightConfig',
    () => with8(ints('int4', { by: 'group', size: 128 }, true), FLOAT8_TOKEN),
  ],
  ['MXDynamicActivationMXWeightConfig', mx],
  ['NVFP4WeightOnlyConfig', () => ({ weights: NVFP4, activations: null })],
  ['NVFP4DynamicActivationNVFP4WeightConfig', () => ({ weights: NVFP4, activations: { ...NVFP4, dynamic: true } })],
]);

const CHANNEL: Sharing = { by: 'channel' };
const TOKEN: Sharing = { by: 'token' };
const NVFP4: TensorScheme = {
  numbers: 'float4_e2m1',
  sharing: { by: 'group', size: 16 },
  symmetric: true,
  scales: 'float8',
};
const FLOAT8_TOKEN: TensorScheme = { numbers: 'float8_e4m3', sharing: TOKEN, symmetric: true, scales: 'float' };

function int4(data: JsonObject, losses: SchemeLoss[]): Scheme {
  const size = number(data, 'group_size', 128);
  const note = 'Int4WeightOnlyConfig keeps zero points as floats; other systems have integers, so codes differ';
  losses.push({ id: 'int4-zero-points', severity: 'changed', message: note });
  hqq(data, 'int4_choose_qparams_algorithm', losses);
  return { weights: ints('int4', { by: 'group', size }, false), activations: null };
}

function intx(data: JsonObject, losses: SchemeLoss[]): Scheme | null {
  const numbers = intDtype(data, 'weight_dtype');
  const per = sharing(data, 'granularity', CHANNEL);
  const isSymmetric = symmetric(data, 'mapping_type', losses);
  scaleDtype(data, 'scale_dtype', losses);
  hqq(data, 'intx_choose_qparams_algorithm', losses);
  return per === null ? null : { weights: ints(numbers, per, isSymmetric), activations: null };
}

function int8Both(data: JsonObject, losses: SchemeLoss[]): Scheme | null {
  const written = member(data, 'granularity');
  const pair: readonly JsonValue[] = Array.isArray(written) ? written : [written ?? null, written ?? null];
  const [act, weight] = [sharingOf(pair[0] ?? 'PerRow'), sharingOf(pair[1] ?? 'PerRow')];
  if (act === null || weight === null) return null;
  if (member(data, 'reduce_range') === true) {
    losses.push({ id: 'reduced-range', severity: 'loss', message: 'the halved range of codes has no counterpart' });
  }
  const activations = ints('int8', perToken(act), symmetric(data, 'act_mapping_type', losses));
  return with8(ints('int8', weight, true), activations);
}

function intxWithInt8(data: JsonObject, losses: SchemeLoss[]): Scheme | null {
  const per = sharing(data, 'weight_granularity', { by: 'group', size: 32 });
  const isSymmetric = symmetric(data, 'weight_mapping_type', losses);
  scaleDtype(data, 'weight_scale_dtype', losses);
  hqq(data, 'intx_choose_qparams_algorithm', losses);
  if (per === null) return null;
  return with8(ints(intDtype(data, 'weight_dtype'), per, isSymmetric), ints('int8', TOKEN, false));
}

function float8Both(data: JsonObject, losses: SchemeLoss[]): Scheme | null {
  const one = member(data, 'granularity') ?? 'PerTensor';
  const pair: readonly JsonValue[] = Array.isArray(one) ? one : [one, one];
  const [act, weight] = [sharingOf(pair[0]), sharingOf(pair[1])];
  if (act === null || weight === null) return null;
  if (
    (member(data, 'activation_value_ub') ?? null) !== null ||
    (member(data, 'activation_value_lb') ?? null) !== null
  ) {
    losses.push({ id: 'activation-bounds', severity: 'loss', message: 'bounds on activations have no counterpart' });
  }
  const activations: TensorScheme = {
    numbers: float(data, 'activation_dtype'),
    sharing: act.by === 'block' ? { by: 'group', size: act.columns } : perToken(act),
    symmetric: true,
    scales: 'float',
  };
  return with8(
    { numbers: float(data, 'weight_dtype'), sharing: weight, symmetric: true, scales: 'float' },
    activations,
  );
}

function mx(data: JsonObject): Scheme | null {
  const numbers = MX_NUMBERS.get(text(unwrapped(member(data, 'weight_dtype')), 'float8_e4m3fn'));
  if (numbers === undefined) return null;
  const group: Sharing = { by: 'group', size: number(data, 'block_size', 32) };
  const weights: TensorScheme = { numbers, sharing: group, symmetric: true, scales: 'power-of-two' };
  return { weights, activations: { ...weights, dynamic: true } };
}

const MX_NUMBERS: ReadonlyMap<string, NumberFormat> = new Map<string, NumberFormat>([
  ['float8_e4m3fn', 'float8_e4m3'],
  ['float8_e5m2', 'float8_e5m2'],
  ['fp6_e2m3', 'float6_e2m3'],
  ['fp6_e3m2', 'float6_e3m2'],
  ['float4_e2m1fn_x2', 'float4_e2m1'],
]);

function plain(numbers: NumberFormat, per: Sharing | null): Scheme | null {
  return per === null ? null : { weights: ints(numbers, per, true), activations: null };
}

function ints(numbers: NumberFormat, per: Sharing, isSymmetric: boolean): TensorScheme {
  return { numbers, sharing: per, symmetric: isSymmetric, scales: 'float' };
}

function with8(weights: TensorScheme, activations: TensorScheme): Scheme {
  return { weights, activations: { ...activations, dynamic: true } };
}

/** A row of activations is a token. */
function perToken(per: Sharing): Sharing {
  return per.by === 'channel' ? TOKEN : per;
}

function member(data: JsonObject, name: string): JsonValue | undefined {
  return Object.hasOwn(data, name) ? data[name] : undefined;
}

/** The `_data` of an envelope; any other value as it is. */
function unwrapped(value: JsonValue | undefined): JsonValue | undefined {
  return isJsonObject(value) && Object.hasOwn(value, '_data') ? value._data : value;
}

function text(value: JsonValue | undefined, fallback: string): string {
  return typeof value === 'string' ? value : fallback;
}

function number(data: JsonObject, name: string, fallback: number): number {
  const value = member(data, name);
  return typeof value === 'number' ? value : fallback;
}

function intDtype(data: JsonObject, name: string): NumberFormat {
  const written = text(unwrapped(member(data, name)), 'int8');
  return INT_DTYPES.find((dtype) => dtype === written) ?? 'int8';
}

const INT_DTYPES: readonly NumberFormat[] = ['int1', 'int2', 'int3', 'int4', 'int5', 'int6', 'int7', 'int8'];

function float(data: JsonObject, name: string): NumberFormat {
  return text(unwrapped(member(data, name)), '') === 'float8_e5m2' ? 'float8_e5m2' : 'float8_e4m3';
}

function symmetric(data: JsonObject, name: string, losses: SchemeLoss[]): boolean {
  const mapping = text(unwrapped(member(data, name)), 'SYMMETRIC');
  if (mapping === 'SYMMETRIC_NO_CLIPPING_ERR') {
    const message = 'the mapping SYMMETRIC_NO_CLIPPING_ERR becomes plainly symmetric';
    losses.push({ id: 'mapping-type', severity: 'changed', message });
  }
  return mapping !== 'ASYMMETRIC';
}

function scaleDtype(data: JsonObject, name: string, losses: SchemeLoss[]): void {
  const dtype = unwrapped(member(data, name)) ?? null;
  if (dtype === null) return;
  losses.push({
    id: 'scale-dtype',
    severity: 'changed',
    message: `scales of dtype ${text(dtype, '?')} become the weights' own`,
  });
}

function hqq(data: JsonObject, name: string, losses: SchemeLoss[]): void {
  const algorithm = text(unwrapped(member(data, name)), '').toUpperCase();
  if (!algorithm.startsWith('HQQ')) return;
  losses.push({ id: 'algorithm', severity: 'changed', message: 'scales found by HQQ become scales from extremes' });
}

function sharing(data: JsonObject, name: string, fallback: Sharing): Sharing | null {
  const written = member(data, name) ?? null;
  return written === null ? fallback : sharingOf(written);
}

/** Null for a granularity that no other system has, such as rows along the first dimension. */
function sharingOf(value: JsonValue | undefined): Sharing | null {
  if (typeof value === 'string') return NAMED.get(value) ?? null;
  if (!isJsonObject(value)) return null;
  const name = text(member(value, '_type') ?? member(value, 'type'), '');
  const data = unwrapped(value);
  const fields: JsonObject = isJsonObject(data) ? data : {};
  if (name === 'PerRow' && number(fields, 'dim', -1) !== -1) return null;
  if (name === 'PerAxis' && number(fields, 'axis', 0) !== 0) return null;
  if (name === 'PerGroup') return { by: 'group', size: number(fields, 'group_size', 0) };
  if (name === 'PerBlock') {
    const block = member(fields, 'block_size');
    const [rows, columns] = Array.isArray(block) ? (block as readonly JsonValue[]) : [];
    return typeof rows === 'number' && typeof columns === 'number' ? { by: 'block', rows, columns } : null;
  }
  return NAMED.get(name) ?? null;
}

const NAMED: ReadonlyMap<string, Sharing> = new Map<string, Sharing>([
  ['PerTensor', { by: 'tensor' }],
  ['PerRow', CHANNEL],
  ['PerAxis', CHANNEL],
  ['PerToken', TOKEN],
]);
