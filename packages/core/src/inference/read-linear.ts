import { readRange, type LogicalTensor } from '../checkpoint/logical-tensor.ts';
import { dequantizeWhole, openQuantized, readValues } from '../checkpoint/read-values.ts';
import type { QuantizingOperations } from '../contracts/quantizing.ts';
import type { ActivationQuantization, LinearRequest, LinearWeight } from '../contracts/inference.ts';
import type { Source } from '../contracts/io.ts';
import type { StoredLinear, TensorClass } from '../contracts/tensor-class.ts';
import type { FloatDtype } from '../dtype.ts';
import { InvalidCheckpointError } from '../errors.ts';
import { toFloat32 } from '../reference/float.ts';
import { byteLength } from '../tensor.ts';

export interface ReadLinearRequest {
  /** A weight of shape [out features, in features], plain or quantized. */
  readonly weight: LogicalTensor;
  /** A plain tensor of shape [out features]; null: none. */
  readonly bias: LogicalTensor | null;
  /** By `shard`. */
  readonly sources: readonly Source[];
  readonly tensorClasses: ReadonlyMap<string, TensorClass>;
  /** Dequantizes a weight of a class that says nothing of linear layers. */
  readonly backend: QuantizingOperations;
  /** The dtype that the layer is to run in. */
  readonly dtype: FloatDtype;
  /** How to quantize activations, null for not at all. Default: as the checkpoint says. */
  readonly activations?: ActivationQuantization | null;
}

/**
 * Reads a linear layer of a checkpoint, for `loadLinear` of a backend.
 *
 * @throws InvalidCheckpointError for a weight that is not of rank 2, or components that its class does not load.
 * @throws FewbitError (`FEWBIT_CHECKPOINT_UNSUPPORTED`) for a class that the registry lacks, a dtype that is no float's, or
 * activations that torchao quantizes in a way that layers here cannot (unless `activations` says what to do instead).
 * @throws ReadError when bytes cannot be had.
 */
export async function readLinear(request: ReadLinearRequest): Promise<LinearRequest> {
  const { dtype } = request;
  const { weight, activations } = await readWeight(request);
  return {
    weight,
    bias: request.bias === null ? null : await readBias(request.bias, request),
    dtype,
    activations: request.activations === undefined ? activations(dtype) : request.activations,
  };
}

interface StoredWeight {
  readonly weight: LinearWeight;
  readonly activations: StoredLinear['activations'];
}

async function readWeight({ weight: tensor, ...request }: ReadLinearRequest): Promise<StoredWeight> {
  const opened = openQuantized(tensor, request.tensorClasses);
  const shape = shapeOf(tensor.name, opened?.shape ?? tensor.components.get('')?.shape ?? []);
  if (opened?.linear) {
    const bytes: Map<string, Uint8Array> = new Map();
    for (const [component, stored] of tensor.components) {
      bytes.set(component, await readRange(request.sources, stored, 0, byteLength(stored)));
    }
    return { weight: opened.linear.weight(bytes), activations: opened.linear.activations };
  }
  const reading = { tensor, ...request };
  const { dtype, bytes } = await (opened === null ? readValues(reading) : dequantizeWhole(opened, reading));
  return { weight: { kind: 'float', ...shape, dtype, values: bytes }, activations: () => null };
}

async function readBias(tensor: LogicalTensor, request: ReadLinearRequest): Promise<Float32Array> {
  const { bytes, dtype } = await readValues({ ...request, tensor });
  return toFloat32(bytes, dtype);
}

function shapeOf(
  name: string,
  shape: readonly number[],
): { readonly outFeatures: number; readonly inFeatures: number } {
  const [outFeatures, inFeatures, ...others] = shape;
  if (outFeatures !== undefined && inFeatures !== undefined && others.length === 0) return { outFeatures, inFeatures };
  throw new InvalidCheckpointError({
    message: `the weight of a linear layer has shape [${shape.join(', ')}]`,
    where: name,
    allowed: '[out features, in features]',
  });
}
