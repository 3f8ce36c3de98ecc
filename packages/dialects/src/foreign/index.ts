import { autoRound } from './auto-round/auto-round.ts';
import { compressedTensors } from './compressed-tensors/compressed-tensors.ts';
import type { ForeignFormat } from './contract.ts';
import { fqn } from './fqn/fqn.ts';
import { gptqmodel } from './gptqmodel/gptqmodel.ts';
import { llamaCpp } from './llama-cpp/llama-cpp.ts';
import { modelopt } from './modelopt/modelopt.ts';
import { transformers } from './transformers/transformers.ts';

/** Every form that a recipe can be converted from and to. */
export const foreignFormats: readonly ForeignFormat[] = [
  fqn,
  compressedTensors,
  gptqmodel,
  autoRound,
  llamaCpp,
  modelopt,
  transformers,
];

export type { ForeignFormat, ForeignRecipe, ReadOptions, WriteOptions, WrittenRecipe } from './contract.ts';
export {
  convertRecipe,
  type CheckedConversion,
  type Conversion,
  type ConvertedEntry,
  type ConvertRequest,
} from './convert.ts';
export type { NamePattern } from './pattern/name-pattern.ts';
export type { Rule, RuleList } from './rules.ts';
export type { ForeignFinding } from './findings.ts';
export type { Origin } from './origin.ts';
export {
  describeScheme,
  sameScheme,
  type AdaptedScheme,
  type NumberFormat,
  type Scheme,
  type SchemeLoss,
  type Sharing,
  type TensorScheme,
} from './scheme/scheme.ts';
