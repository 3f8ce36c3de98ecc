/** Whether torchao's loader has no way to read a name: it splits every name at its last dot. */
export function isDotless(name: string): boolean {
  return !name.includes('.');
}

/** What the stored names of a quantized tensor's components begin with: `model.q_proj._weight_`. */
export function componentPrefix(name: string): string {
  const parameterAt = name.lastIndexOf('.') + 1;
  return `${name.slice(0, parameterAt)}_${name.slice(parameterAt)}_`;
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
