import { readFileSync } from 'node:fs';
import { createRegistry, parseConfig, type Config, type Dtype, type FloatDtype, type JsonObject } from '@fewbit/core';
import type { ParameterInfo } from '@fewbit/core';
import { builtinConfigs } from '../../src/index.ts';

/** A tensor in a golden file. */
export interface GoldenTensor {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** Base64 of its little-endian bytes. */
  readonly data: string;
}

/** What torchao made of one weight with one config; `verdict` where it left the weight alone. */
export interface GoldenCase {
  readonly config: JsonObject;
  readonly input: string;
  readonly verdict?: 'leave';
  readonly tensorClass: string;
  readonly attributes: JsonObject;
  readonly components: readonly (GoldenTensor & { readonly name: string })[];
}

export interface GoldenFile {
  readonly torchao: string;
  readonly inputs: Readonly<Record<string, GoldenTensor & { readonly dtype: FloatDtype }>>;
  readonly cases: readonly GoldenCase[];
}

/** A file that conformance/golden/make_golden.py wrote. */
export function readGolden(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`../golden/${name}`, import.meta.url), 'utf8'));
}

export function bytesOf({ data }: GoldenTensor): Uint8Array {
  return new Uint8Array(Buffer.from(data, 'base64'));
}

const registry = createRegistry({ configs: builtinConfigs });

/** The config that torchao's JSON describes. */
export function configOf(envelope: JsonObject): Config {
  return parseConfig(envelope, registry);
}

/** The weight of a linear module named `m`. */
export function weightOf(info: { readonly dtype: Dtype; readonly shape: readonly number[] }): ParameterInfo {
  return { name: 'm.weight', dtype: info.dtype, shape: info.shape, module: 'm', parameter: 'weight', kind: 'linear' };
}
