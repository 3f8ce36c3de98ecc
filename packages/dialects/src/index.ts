export type { Dialect } from '@fewbit/core';
export { documented } from './documented/index.ts';
export { torchao } from './torchao/index.ts';
export { createTransformersDialect, transformers, type TransformersOptions } from './transformers/index.ts';
