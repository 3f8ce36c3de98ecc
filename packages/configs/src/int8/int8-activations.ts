import {
  isJsonObject,
  unwrap,
  type ActivationQuantization,
  type JsonObject,
  type JsonValue,
  type MappingType,
  type StoredQuantizedTensor,
} from '@fewbit/core';
import { attributeOf, invalid, unsupported } from '../stored/checks.ts';

const KWARGS = 'QuantizeTensorToInt8Kwargs';
const MAPPINGS: readonly MappingType[] = ['SYMMETRIC', 'SYMMETRIC_NO_CLIPPING_ERR', 'ASYMMETRIC'];

/**
 * How an Int8Tensor's activations are quantized, by its `act_quant_kwargs`; null for weight-only.
 *
 * @throws InvalidCheckpointError for kwargs that torchao does not know.
 * @throws FewbitError (`FEWBIT_CHECKPOINT_UNSUPPORTED`) for a static scale.
 */
export function int8Activations(stored: StoredQuantizedTensor): ActivationQuantization | null {
  const written = attributeOf(stored, 'act_quant_kwargs') ?? null;
  if (stored.components.has('act_quant_scale')) {
    throw unsupported(stored, 'its activations have a static scale', 'Run it with torchao, or pass `activations`.');
  }
  if (written === null) return null;
  const kwargs = unwrap(written, KWARGS);
  if (!isJsonObject(kwargs)) throw invalid(stored, 'the attribute "act_quant_kwargs" is no QuantizeTensorToInt8Kwargs');
  const mapping = MAPPINGS.find((name) => name === unwrap(member(kwargs, 'mapping_type'), 'MappingType'));
  if (mapping === undefined) throw invalid(stored, 'its activations have no known mapping_type', MAPPINGS.join(', '));
  const granularity = member(kwargs, 'granularity');
  const perTensor = isJsonObject(unwrap(granularity, 'PerTensor'));
  const perRow = unwrap(granularity, 'PerRow');
  if (!perTensor && !(isJsonObject(perRow) && (member(perRow, 'dim') ?? -1) === -1)) {
    throw invalid(stored, 'its activations have another granularity', 'PerRow along the last dimension, or PerTensor');
  }
  const [qmin, qmax] = member(kwargs, 'reduce_range') === true ? [-64, 63] : [-128, 127];
  // f32's machine epsilon for every dtype.
  return { mapping, qmin, qmax, eps: 2 ** -23, scaleDtype: 'F32', granularity: perTensor ? 'tensor' : 'row' };
}

function member(object: JsonObject, name: string): JsonValue {
  return Object.hasOwn(object, name) ? (object[name] ?? null) : null;
}
