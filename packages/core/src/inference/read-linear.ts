import { readComponent, readRange, type LogicalTensor } from '../checkpoint/logical-tensor.ts';
import type { QuantizingOperations } from '../contracts/backend.ts';
import type { ActivationQuantization, LinearRequest, LinearWeight } from '../contracts/inference.ts';
import type { Source } from '../contracts/io.ts';
import type { QuantizedTensor, StoredLinear, TensorClass } from '../contracts/tensor-class.ts';
import { isFloatDtype, type FloatDtype } from '../dtype.ts';
import { FewbitError, InvalidCheckpointError } from '../errors.ts';
import { toFloat32 } from '../reference/float.ts';
import { byteLength, elementCount } from '../tensor.ts';

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
 * @throws FewbitError (`FEWBIT_CHECKPOINT_UNSUPPORTED`) for a class that the registry lacks, or a dtype that is no float's.
 * @throws ReadError when bytes cannot be had.
 */
export async function readLinear(request: ReadLinearRequest): Promise<LinearRequest> {
  const { dtype, sources } = request;
  const bias = request.bias === null ? null : toFloat32(...(await readPlain(request.bias, sources)));
  const { weight, activations } = await readWeight(request);
  return {
    weight,
    bias,
    dtype,
    activations: request.activations === undefined ? activations(dtype) : request.activations,
  };
}

interface StoredWeight {
  readonly weight: LinearWeight;
  readonly activations: StoredLinear['activations'];
}

async function readWeight({
  weight: tensor,
  sources,
  tensorClasses,
  backend,
}: ReadLinearRequest): Promise<StoredWeight> {
  const { name, quantized, components } = tensor;
  if (quantized === null) {
    const [values, stored] = await readPlain(tensor, sources);
    return {
      weight: { kind: 'float', ...shapeOf(name, components.get('')?.shape ?? []), dtype: stored, values },
      activations: asTheyAre,
    };
  }
  const tensorClass = tensorClasses.get(quantized.tensorClass);
  if (tensorClass === undefined) {
    throw unsupported(name, `its class is ${quantized.tensorClass}`, [...tensorClasses.keys()].join(', '));
  }
  const opened = tensorClass.open({ name, attributes: quantized.attributes, components });
  const shape = shapeOf(name, opened.shape);
  if (opened.linear) {
    const bytes: Map<string, Uint8Array> = new Map();
    for (const [component, stored] of components) {
      bytes.set(component, await readRange(sources, stored, 0, byteLength(stored)));
    }
    return { weight: opened.linear.weight(bytes), activations: opened.linear.activations };
  }
  const values = await dequantizeAll(opened, tensor, sources, backend);
  return { weight: { kind: 'float', ...shape, dtype: opened.dtype, values }, activations: asTheyAre };
}

const asTheyAre = (): null => null;

async function dequantizeAll(
  opened: QuantizedTensor,
  { components }: LogicalTensor,
  sources: readonly Source[],
  backend: QuantizingOperations,
): Promise<Uint8Array> {
  const end = elementCount(opened.shape);
  const reads = opened.reads(0, end);
  const parts = await Promise.all(reads.map((read) => readComponent(components, read, sources)));
  return (await opened.dequantize({ start: 0, end, parts, backend })).slice();
}

async function readPlain(
  { name, components }: LogicalTensor,
  sources: readonly Source[],
): Promise<[Uint8Array, FloatDtype]> {
  const stored = components.get('');
  if (stored === undefined) throw new InvalidCheckpointError({ message: 'a plain tensor has no bytes', where: name });
  if (!isFloatDtype(stored.dtype)) throw unsupported(name, `its dtype is ${stored.dtype}`, 'F32, BF16 or F16');
  return [await readRange(sources, stored, 0, byteLength(stored)), stored.dtype];
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

function unsupported(where: string, message: string, allowed: string): FewbitError {
  return new FewbitError('FEWBIT_CHECKPOINT_UNSUPPORTED', { message, where, allowed });
}
