export type { Dialect } from '@fewbit/core';
export { defaultNameSpaceTable } from './name-spaces/default-table.ts';
export { mapNames, type MappedNames, type NameGroup } from './name-spaces/map-names.ts';
export {
  createNameSpaceTable,
  type FamilyNames,
  type NameRule,
  type NameSpace,
  type NameSpaceLayer,
  type NameSpaceTable,
  type SpaceNames,
} from './name-spaces/table.ts';
export { createBuiltinDialects, type BuiltinDialectOptions } from './builtin.ts';
export { createVllmDialect, type VllmOptions } from './vllm/dialect.ts';
export {
  compareDialects,
  type ComparedDialect,
  type CompareOptions,
  type DialectComparison,
  type Disagreement,
  type SortingChange,
} from './portability/compare.ts';
export {
  toPortableRecipe,
  type PortableForm,
  type PortableOptions,
  type RefusedParameter,
} from './portability/portable.ts';
export { documented } from './documented/index.ts';
export { torchao } from './torchao/index.ts';
export { createTransformersDialect, transformers, type TransformersOptions } from './transformers/index.ts';
export * from './foreign/index.ts';
