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
export { describeCheckpoint, type DescribeOptions } from './quantized/describe-checkpoint.ts';
export { builtinFormats } from './quantized/builtin-formats.ts';
export type * from './quantized/checkpoint-description.ts';
export type * from './quantized/finding.ts';
export type * from './quantized/inspected-tensor.ts';
export type * from './quantized/quantized-format.ts';
export type { FindingGroups, GroupedFinding } from './quantized/finding-groups.ts';
export type { QuantizationConfig } from './quantized/quantization-config.ts';
export { scheme, schemeWords, weightWords, type QuantizationScheme } from './quantized/scheme.ts';
export type { ModuleTensors, TensorIndex } from './quantized/tensor-index.ts';
export type { CheckpointTotals, SchemeTotals } from './quantized/totals.ts';
export type { LoadVerdict } from './quantized/verdicts.ts';
