/** A parameter's name, split at the last dot as torchao does. */
export interface SplitName {
  readonly module: string;
  readonly parameter: string;
}

/** Null for a name without a dot: torchao's loader has no way to read those. */
export function splitName(name: string): SplitName | null {
  const dot = name.lastIndexOf('.');
  return dot < 0 ? null : { module: name.slice(0, dot), parameter: name.slice(dot + 1) };
}

/** What the stored names of a quantized tensor's components begin with: `model.q_proj._weight_`. */
export function componentPrefix({ module, parameter }: SplitName): string {
  return `${module}._${parameter}_`;
}

/** Keys of torchao's metadata that are not tensors. */
export const TENSOR_NAMES_KEY = 'tensor_names';
export const FORMAT_KEY = 'format';

/** The `_type` of a tensor that was not quantized. */
export const PLAIN_TYPE = 'Tensor';

/** The tensor classes that torchao's loader accepts (`ALLOWED_TENSORS_SUBCLASSES` of its safetensors support). */
export const TORCHAO_CLASSES: ReadonlySet<string> = new Set([
  'Float8Tensor',
  'Int4Tensor',
  'Int4TilePackedTo4dTensor',
  'IntxUnpackedToInt8Tensor',
  'Int8Tensor',
  'Int4PlainInt32Tensor',
  'MXTensor',
  'NVFP4Tensor',
]);
