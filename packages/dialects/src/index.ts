export type { Dialect } from '@fewbit/core';
