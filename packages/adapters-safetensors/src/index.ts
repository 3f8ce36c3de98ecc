export {
  openFile,
  openFolder,
  type CheckpointFolder,
  type FileLocation,
  type OpenOptions,
} from './checkpoint/open-checkpoint.ts';
export type { CheckpointFiles } from './checkpoint/checkpoint-files.ts';
export { parseIndex, type ShardIndex } from './checkpoint/index-file.ts';
export { MAX_HEADER_BYTES, parseHeader, type Header, type HeaderContext } from './header/parse-header.ts';
export { readHeader, type ReadHeaderOptions } from './header/read-header.ts';
export { safetensorsAdapter } from './layout/safetensors-adapter.ts';
export { createMemorySink, type MemorySink } from './memory/memory-sink.ts';
export { memorySource } from './memory/memory-source.ts';
export { TORCHAO_CLASSES } from './torchao/component-names.ts';
export {
  isTorchaoMetadata,
  listLogicalTensors,
  readLogicalTensors,
  type LogicalTensorOptions,
  type LogicalTensorProblem,
  type LogicalTensors,
  type ReadLogicalTensors,
} from './torchao/list-logical-tensors.ts';
