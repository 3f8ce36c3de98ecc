import type { Dtype } from '../dtype.ts';
import type { JsonObject } from '../json.ts';
import type { ParameterInfo } from '../tensor.ts';
import type { QuantizingOperations } from './quantizing.ts';
import type { ByteRuns } from './byte-runs.ts';
import type { QuantizedForm } from './checkpoint.ts';
import type { TensorClass } from './tensor-class.ts';

/**
 * One subtype of torchao's AOBaseConfig: the door through which config types come in, ours and yours alike.
 *
 * @example `createRegistry({ configs: [...builtinConfigs, myConfigType] })`
 */
export interface ConfigType {
  /** The class name that recipe JSON carries as `_type`. */
  readonly type: string;
  /** Versions that `parse` takes, ascending. The last is the one that a short form without a version means. */
  readonly versions: readonly [number, ...number[]];
  /** The classes of the tensors that this config produces; how to read them back. */
  readonly tensorClasses: readonly TensorClass[];
  /**
   * Checks the fields (`_data` of the envelope, or the members of a short form) and gives the config.
   *
   * @throws InvalidConfigError for fields that torchao would refuse, unknown ones included.
   * @throws UnsupportedConfigError for fields that torchao takes and this implementation does not.
   */
  readonly parse: (fields: JsonObject, context: ConfigContext) => Config;
}

/** What `parse` needs beside the fields. */
export interface ConfigContext {
  /** One of the type's `versions`. */
  readonly version: number;
  /** Where in the recipe: for messages. */
  readonly where: string;
}

/**
 * A parsed config. It closes over its own data, so lists of different configs need no casts.
 *
 * `accept` and `quantizer` may look at a parameter's dtype, shape, kind and own name, not at its FQN: parameters that agree
 * in these share one answer.
 */
export interface Config {
  readonly type: string;
  readonly version: number;
  /** A few words for tables: `int4, groups of 32`. */
  readonly summary: string;
  /** The fields in torchao's own order, as its `config_to_dict` writes them into `_data`. */
  readonly toFields: () => JsonObject;
  /** What torchao would do with this parameter, decided on name, dtype and shape alone. */
  readonly accept: (parameter: ParameterInfo) => Acceptance;
  /** How to quantize a parameter that `accept` answered with `quantize`. */
  readonly quantizer: (parameter: ParameterInfo) => TensorQuantizer;
}

/** `leave`: torchao keeps such a tensor as it is (a finding). `error`: torchao raises (an error of the plan). */
export type Acceptance =
  | { readonly verdict: 'quantize' }
  | { readonly verdict: 'leave'; readonly reason: string; readonly hint?: string }
  | { readonly verdict: 'error'; readonly reason: string; readonly hint?: string };

/** One tensor that a quantized tensor is stored as: `qdata`, `scale`, … */
export interface ComponentSpec {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
}

/**
 * How one tensor is quantized, range by range. Pure: it holds no weights and no handles.
 *
 * A range [start, end) counts elements of the row-major tensor. Ranges start and end at multiples of `unit` (or at the
 * tensor's end) and never cross a multiple of `span`, so that each range holds whole blocks, or, for a tensor that is
 * measured first, belongs to one statistic.
 */
export interface TensorQuantizer extends QuantizedForm {
  readonly components: readonly [ComponentSpec, ...ComponentSpec[]];
  /** Elements. A positive divisor of `span`. */
  readonly unit: number;
  /** Elements. A positive divisor of the tensor's element count. */
  readonly span: number;
  /** Present when a block is larger than a range may be: each span is measured before any of its ranges is quantized. */
  readonly measure?: MeasuringPhase;
  /** Idempotent; touches only what the range owns. */
  readonly quantize: (request: QuantizeRequest) => Promise<readonly ComponentWrite[]>;
}

/** A statistic of a span, gathered range by range. Merging is associative and commutative. */
export interface MeasuringPhase {
  readonly measure: (request: MeasureRequest) => Promise<Uint8Array>;
  readonly merge: (left: Uint8Array, right: Uint8Array) => Uint8Array;
}

export interface MeasureRequest {
  /** Little-endian bytes of the elements [start, end). */
  readonly input: Uint8Array;
  readonly start: number;
  readonly end: number;
  readonly backend: QuantizingOperations;
}

export interface QuantizeRequest extends MeasureRequest {
  /** The merged statistic of the span that the range lies in; null without a measuring phase. */
  readonly statistic: Uint8Array | null;
}

/**
 * Bytes for one component. Without `runs` they go to `offset` whole. With `runs`, the bytes are consecutive runs of
 * `runs.length` bytes and run number i goes to `offset + i * runs.stride`: a column of a transposed matrix in one write.
 */
export interface ComponentWrite {
  /** Index into `components`. */
  readonly component: number;
  /** Bytes from the component's first byte. */
  readonly offset: number;
  readonly bytes: Uint8Array;
  readonly runs?: ByteRuns;
}
