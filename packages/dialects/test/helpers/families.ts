import { deriveParameters, isDtype, type ParameterInfo, type TensorInfo } from '@fewbit/core';

declare global {
  interface ImportMeta {
    /** Vite's: every file that fits the pattern, loaded. */
    readonly glob: <T>(pattern: string, options: { eager: true; import: 'default' }) => Record<string, T>;
  }
}

/** One line for each tensor: name, kind, class of the module, extents, dtype. */
interface StoredFamily {
  readonly modelType: string;
  readonly tensors: readonly string[];
  readonly inMemory?: readonly string[];
}

/** A real model of a family: what its checkpoint holds, and what transformers makes of it. */
export interface Family {
  readonly modelType: string;
  readonly tensors: readonly TensorInfo[];
  /** Names in transformers' own state_dict where they are others; else those of the checkpoint. */
  readonly inMemory: readonly string[];
}

/** The families whose names core's fixtures record. */
export const FAMILIES: readonly Family[] = Object.values(
  import.meta.glob<StoredFamily>('../../../core/test/modules/fixtures/*.json', { eager: true, import: 'default' }),
).map(({ modelType, tensors, inMemory }) => ({
  modelType,
  tensors: tensors.map(parseLine),
  inMemory: (inMemory ?? tensors).map((line) => parseLine(line).name),
}));

export function familyOf(modelType: string): Family {
  const found = FAMILIES.find((family) => family.modelType === modelType);
  if (found === undefined) throw new Error(`there is no fixture of ${modelType}`);
  return found;
}

export function parametersOf({ modelType, tensors }: Family): readonly ParameterInfo[] {
  return deriveParameters(tensors, { modelType });
}

function parseLine(line: string): TensorInfo {
  const [name, , , shape, dtype = 'F32'] = line.split(' ');
  if (name === undefined || shape === undefined || !isDtype(dtype)) throw new Error(`a fixture has the line "${line}"`);
  return { name, dtype, shape: shape === 'scalar' ? [] : shape.split('x').map(Number) };
}
