import { torchDtypeJson, torchEnumJson, type JsonObject, type JsonValue } from '@fewbit/core';
import { bitsOf, describeScheme, isGroup, isInt, type Scheme, type SchemeLoss, type Sharing } from './scheme.ts';

export interface TorchaoOptions {
  /**
   * Use Int4WeightOnlyConfig, which packs two codes into a byte, for four-bit groups without quantized activations.
   * Default false: IntxWeightOnlyConfig has the same numbers as the other systems, and stores a byte for each.
   */
  readonly packInt4?: boolean;
}

/** torchao's JSON of a config. */
export type ConfigEnvelope = JsonObject & {
  readonly _type: string;
  readonly _version: number;
  readonly _data: JsonObject;
};

/** A config as torchao writes it, `{"_type", "_version", "_data"}`; null where torchao has none. */
export interface TorchaoConfig {
  readonly config: ConfigEnvelope | null;
  readonly losses: readonly SchemeLoss[];
}

/** torchao's config that does what a scheme says. What torchao does differently is a loss, or a change. */
export function toTorchao(scheme: Scheme, options: TorchaoOptions = {}): TorchaoConfig {
  const losses: SchemeLoss[] = [];
  const config = configOf(scheme, options, losses);
  if (config === null) {
    losses.push({
      id: 'scheme-unsupported',
      severity: 'loss',
      message: `torchao has no config for ${describeScheme(scheme)}; such weights stay as they are`,
    });
  }
  return { config, losses };
}

function configOf(scheme: Scheme, options: TorchaoOptions, losses: SchemeLoss[]): ConfigEnvelope | null {
  const { weights } = scheme;
  if (weights.scales === 'power-of-two') return mx(scheme);
  if (weights.scales === 'float8') return nvfp4(scheme, losses);
  return isInt(weights.numbers) ? integers(scheme, options, losses) : float8(scheme, losses);
}

function integers(scheme: Scheme, options: TorchaoOptions, losses: SchemeLoss[]): ConfigEnvelope | null {
  const { activations } = scheme;
  if (activations === null) return weightsOnly(scheme, options, losses);
  if (activations.numbers === 'float8_e4m3') return int4WithFloat8(scheme, losses);
  if (activations.numbers !== 'int8') return null;
  noteStatic(scheme, losses);
  return bitsOf(scheme.weights.numbers) === 8 && scheme.weights.symmetric && !isGroup(scheme.weights.sharing)
    ? int8Both(scheme)
    : intxWithInt8(scheme, losses);
}

function weightsOnly({ weights }: Scheme, { packInt4 }: TorchaoOptions, losses: SchemeLoss[]): ConfigEnvelope | null {
  const { numbers, sharing, symmetric } = weights;
  if (packInt4 === true && numbers === 'int4' && isGroup(sharing)) {
    losses.push({
      id: 'int4-zero-points',
      severity: 'changed',
      message:
        'Int4WeightOnlyConfig rounds with a zero point of its own kind, so codes differ from integers with scales alone',
    });
    return envelope('Int4WeightOnlyConfig', 2, {
      group_size: sharing.size,
      set_inductor_config: true,
      int4_packing_format: torchEnumJson('Int4PackingFormat', 'PLAIN'),
      int4_choose_qparams_algorithm: torchEnumJson('Int4ChooseQParamsAlgorithm', 'TINYGEMM'),
      int4_tile_packed_ntile: 8,
    });
  }
  if (numbers === 'int8' && symmetric) {
    const granularity = weightGranularity(sharing);
    return granularity === null
      ? null
      : envelope('Int8WeightOnlyConfig', 2, { group_size: null, granularity, set_inductor_config: true });
  }
  const granularity = intxGranularity(sharing);
  if (granularity === null) return null;
  return envelope('IntxWeightOnlyConfig', 2, {
    weight_dtype: torchDtypeJson(numbers),
    granularity,
    mapping_type: torchEnumJson('MappingType', symmetric ? 'SYMMETRIC' : 'ASYMMETRIC'),
    scale_dtype: null,
    intx_packing_format: torchEnumJson('IntxPackingFormat', 'UNPACKED_TO_INT8'),
    intx_choose_qparams_algorithm: torchEnumJson('IntxChooseQParamsAlgorithm', 'AFFINE'),
  });
}

function int8Both({ weights, activations }: Scheme): ConfigEnvelope | null {
  const weight = weightGranularity(weights.sharing);
  const act = activations === null ? null : activationGranularity(activations.sharing);
  if (weight === null || act === null || activations === null) return null;
  return envelope('Int8DynamicActivationInt8WeightConfig', 2, {
    act_mapping_type: torchEnumJson('MappingType', activations.symmetric ? 'SYMMETRIC' : 'ASYMMETRIC'),
    weight_only_decode: false,
    granularity: weight._type === act._type ? weight : [act, weight],
    set_inductor_config: true,
    reduce_range: false,
  });
}

function intxWithInt8({ weights, activations }: Scheme, losses: SchemeLoss[]): ConfigEnvelope | null {
  const granularity = intxGranularity(weights.sharing);
  if (granularity === null) return null;
  if (activations?.sharing.by !== 'token') {
    changed(losses, 'activation-sharing', 'torchao quantizes these activations per token');
  }
  if (activations?.symmetric === true) {
    changed(losses, 'activation-symmetry', 'torchao quantizes these activations asymmetrically');
  }
  return envelope('Int8DynamicActivationIntxWeightConfig', 2, {
    weight_dtype: torchDtypeJson(weights.numbers),
    weight_granularity: granularity,
    weight_mapping_type: torchEnumJson('MappingType', weights.symmetric ? 'SYMMETRIC' : 'ASYMMETRIC'),
    weight_scale_dtype: null,
    act_mapping_type: torchEnumJson('MappingType', 'ASYMMETRIC'),
    intx_packing_format: torchEnumJson('IntxPackingFormat', 'UNPACKED_TO_INT8'),
    intx_choose_qparams_algorithm: torchEnumJson('IntxChooseQParamsAlgorithm', 'AFFINE'),
  });
}

function int4WithFloat8(scheme: Scheme, losses: SchemeLoss[]): ConfigEnvelope | null {
  const { numbers, sharing, symmetric } = scheme.weights;
  if (numbers !== 'int4' || !symmetric || !isGroup(sharing) || sharing.size !== 128) return null;
  noteStatic(scheme, losses);
  if (scheme.activations?.sharing.by !== 'token') {
    changed(losses, 'activation-sharing', 'torchao quantizes these activations per token');
  }
  return envelope('Float8DynamicActivationInt4WeightConfig', 1, { int4_packing_format: 'plain' });
}

function float8(scheme: Scheme, losses: SchemeLoss[]): ConfigEnvelope | null {
  const { weights, activations } = scheme;
  if (!weights.numbers.startsWith('float8')) return null;
  const weightDtype = torchDtypeJson(torchFloat(weights.numbers));
  if (activations === null) {
    const granularity = weightGranularity(weights.sharing);
    if (granularity === null) return null;
    return envelope('Float8WeightOnlyConfig', 2, { weight_dtype: weightDtype, set_inductor_config: true, granularity });
  }
  if (!activations.numbers.startsWith('float8')) return null;
  const granularity = float8Granularity(weights.sharing, activations.sharing);
  if (granularity === null) return null;
  noteStatic(scheme, losses);
  return envelope('Float8DynamicActivationFloat8WeightConfig', 2, {
    activation_dtype: torchDtypeJson(torchFloat(activations.numbers)),
    weight_dtype: weightDtype,
    granularity,
    packing_format: torchEnumJson('Float8PackingFormat', 'PLAIN'),
    mm_config: null,
    activation_value_lb: null,
    activation_value_ub: null,
    kernel_preference: torchEnumJson('KernelPreference', 'AUTO'),
    set_inductor_config: true,
    alg_id: 0,
  });
}

// torchao takes both per tensor, both per row, or DeepSeek's blocks.
function float8Granularity(weights: Sharing, activations: Sharing): readonly JsonObject[] | null {
  if (weights.by === 'tensor' && activations.by === 'tensor') return [PER_TENSOR, PER_TENSOR];
  if (weights.by === 'channel' && activations.by === 'token') return [PER_ROW, PER_ROW];
  const deepSeek = weights.by === 'block' && weights.rows === 128 && weights.columns === 128;
  if (!deepSeek || !isGroup(activations) || activations.size !== 128) return null;
  return [perBlock([1, 128]), perBlock([128, 128])];
}

function mx({ weights, activations }: Scheme): ConfigEnvelope | null {
  const dtype = MX_DTYPES.get(weights.numbers);
  if (dtype === undefined || !isGroup(weights.sharing)) return null;
  if (activations?.numbers !== weights.numbers || activations.scales !== 'power-of-two') return null;
  if (!isGroup(activations.sharing) || activations.sharing.size !== weights.sharing.size) return null;
  return envelope('MXDynamicActivationMXWeightConfig', 1, {
    block_size: weights.sharing.size,
    activation_dtype: dtype,
    weight_dtype: dtype,
    kernel_preference: torchEnumJson('KernelPreference', 'AUTO'),
    scaling_mode: torchEnumJson('ScaleCalculationMode', 'RCEIL'),
  });
}

const MX_DTYPES: ReadonlyMap<string, JsonValue> = new Map<string, JsonValue>([
  ['float8_e4m3', torchDtypeJson('float8_e4m3fn')],
  ['float8_e5m2', torchDtypeJson('float8_e5m2')],
  ['float6_e2m3', 'fp6_e2m3'],
  ['float6_e3m2', 'fp6_e3m2'],
  ['float4_e2m1', torchDtypeJson('float4_e2m1fn_x2')],
]);

function nvfp4(scheme: Scheme, losses: SchemeLoss[]): ConfigEnvelope | null {
  const { weights, activations } = scheme;
  if (weights.numbers !== 'float4_e2m1' || !isGroup(weights.sharing) || weights.sharing.size !== 16) return null;
  if (activations === null) {
    return envelope('NVFP4WeightOnlyConfig', 1, { use_dynamic_per_tensor_scale: true });
  }
  if (activations.numbers !== 'float4_e2m1') return null;
  noteStatic(scheme, losses);
  return envelope('NVFP4DynamicActivationNVFP4WeightConfig', 1, {
    use_triton_kernel: true,
    use_dynamic_per_tensor_scale: true,
    step: null,
  });
}

function noteStatic({ activations }: Scheme, losses: SchemeLoss[]): void {
  if (activations === null || activations.dynamic) return;
  losses.push({
    id: 'static-activations',
    severity: 'loss',
    message: 'scales of activations were measured while calibrating; torchao measures them at run time instead',
  });
}

function changed(losses: SchemeLoss[], id: string, message: string): void {
  losses.push({ id, severity: 'changed', message });
}

function envelope(type: string, version: number, data: JsonObject): ConfigEnvelope {
  return { _type: type, _version: version, _data: data };
}

function torchFloat(numbers: string): string {
  return numbers === 'float8_e4m3' ? 'float8_e4m3fn' : numbers;
}

const PER_TENSOR: JsonObject = { _type: 'PerTensor', _version: 1, _data: {} };
const PER_ROW: JsonObject = { _type: 'PerRow', _version: 1, _data: { dim: -1 } };

function perGroup(size: number): JsonObject {
  return { _type: 'PerGroup', _version: 1, _data: { group_size: size } };
}

function perBlock(block: readonly number[]): JsonObject {
  return { _type: 'PerBlock', _version: 1, _data: { block_size: block } };
}

function weightGranularity(sharing: Sharing): JsonObject | null {
  if (sharing.by === 'tensor') return PER_TENSOR;
  if (sharing.by === 'channel') return PER_ROW;
  return isGroup(sharing) ? perGroup(sharing.size) : null;
}

function intxGranularity(sharing: Sharing): JsonObject | null {
  if (sharing.by === 'channel') return { _type: 'PerAxis', _version: 1, _data: { axis: 0 } };
  return isGroup(sharing) ? perGroup(sharing.size) : null;
}

function activationGranularity(sharing: Sharing): JsonObject | null {
  if (sharing.by === 'token') return PER_ROW;
  return sharing.by === 'tensor' ? PER_TENSOR : null;
}
