import { builtinConfigs } from '@fewbit/configs';
import {
  createRegistry,
  parseConfig,
  type Config,
  type DialectModel,
  type DialectReading,
  type JsonObject,
  type JsonValue,
  type ModuleKind,
  type ParameterInfo,
  type Recipe,
} from '@fewbit/core';

export const registry: ReturnType<typeof createRegistry> = createRegistry({ configs: builtinConfigs });

export const INT8: JsonObject = { type: 'Int8WeightOnlyConfig' };
export const INT8_TENSOR: JsonObject = { type: 'Int8WeightOnlyConfig', granularity: 'PerTensor' };
export const INTX: JsonObject = { type: 'IntxWeightOnlyConfig', granularity: { type: 'PerGroup', group_size: 32 } };
export const INT4: JsonObject = { type: 'Int4WeightOnlyConfig', group_size: 32 };

/** A recipe from keys and configs in JSON, or ready configs. */
export function recipeOf(entries: readonly (readonly [string, JsonValue | Config])[]): Recipe {
  return {
    entries: entries.map(([key, config]) => ({
      key,
      config: config === null || isConfig(config) ? config : parseConfig(config, registry),
    })),
  };
}

function isConfig(value: JsonValue | Config): value is Config {
  return typeof value === 'object' && value !== null && 'accept' in value && typeof value.accept === 'function';
}

export function parameter(name: string, shape: readonly number[], kind: ModuleKind = 'linear'): ParameterInfo {
  const dot = name.lastIndexOf('.');
  return {
    name,
    dtype: 'BF16',
    shape,
    module: name.slice(0, Math.max(0, dot)),
    parameter: name.slice(dot + 1),
    kind,
  };
}

export function modelOf(parameters: readonly ParameterInfo[], config: JsonObject | null = null): DialectModel {
  return { parameters, config };
}

/** The key that each quantized parameter has its config from. */
export function quantizedBy(
  reading: DialectReading,
  model: DialectModel,
  recipe: Recipe,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    model.parameters.flatMap(({ name }, index) => {
      const verdict = reading.verdicts[index];
      return verdict?.outcome === 'config' ? [[name, recipe.entries[verdict.entry]?.key ?? '']] : [];
    }),
  );
}
