/**
 * Distributes tensors over shards in order, as huggingface_hub does: a shard is closed when the next tensor would exceed
 * the limit, and a tensor larger than the limit gets a shard of its own, which goes before the one being filled.
 * A quantized tensor counts whole, so its components stay together.
 *
 * @returns Indices of tensors, shard by shard; one empty shard for no tensors.
 */
export function groupShards(byteLengths: readonly number[], maxShardBytes: number): readonly (readonly number[])[] {
  const shards: number[][] = [];
  let current: number[] = [];
  let size = 0;
  byteLengths.forEach((byteLength, index) => {
    if (byteLength > maxShardBytes) {
      shards.push([index]);
      return;
    }
    if (size + byteLength > maxShardBytes && current.length > 0) {
      shards.push(current);
      current = [];
      size = 0;
    }
    current.push(index);
    size += byteLength;
  });
  if (current.length > 0 || shards.length === 0) shards.push(current);
  return shards;
}

/** `model.safetensors` alone, or `model-00001-of-00003.safetensors` and so on. */
export function shardNames(count: number): readonly string[] {
  if (count === 1) return ['model.safetensors'];
  const digits = (value: number): string => String(value).padStart(5, '0');
  return Array.from({ length: count }, (_, index) => `model-${digits(index + 1)}-of-${digits(count)}.safetensors`);
}
