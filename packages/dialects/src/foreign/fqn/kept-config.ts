import {
  UnsupportedConfigError,
  type Config,
  type ConfigRegistry,
  type ConfigType,
  type JsonObject,
} from '@fewbit/core';

/** A config that is carried as it is written: it can be looked at and written again, and it quantizes nothing. */
export function keptConfig(type: string, version: number, fields: JsonObject): Config {
  const refuse = (): never => {
    throw new UnsupportedConfigError({
      message: `${type} is only carried here, not applied`,
      hint: 'Read the recipe with the config types that should apply it.',
    });
  };
  return { type, version, summary: type, toFields: () => fields, accept: refuse, quantizer: refuse };
}

/** The class names that torchao's `config_from_dict` reaches (0.19), and the versions that they have had. */
const KEPT_TYPES: readonly string[] = [
  'Int8WeightOnlyConfig',
  'Int8DynamicActivationInt8WeightConfig',
  'Int8StaticActivationInt8WeightConfig',
  'Int4WeightOnlyConfig',
  'Float8DynamicActivationInt4WeightConfig',
  'IntxWeightOnlyConfig',
  'Int8DynamicActivationIntxWeightConfig',
  'Float8WeightOnlyConfig',
  'Float8DynamicActivationFloat8WeightConfig',
  'Float8StaticActivationFloat8WeightConfig',
  'MXDynamicActivationMXWeightConfig',
  'NVFP4DynamicActivationNVFP4WeightConfig',
  'NVFP4WeightOnlyConfig',
  'AWQConfig',
  'SmoothQuantConfig',
  'StretchedIntxWeightConfig',
  'UIntxWeightOnlyConfig',
  'Int8DynamicActivationUIntxWeightConfig',
  'GGUFWeightOnlyConfig',
];

/** A registry's config types, and the rest of torchao's as values that are only carried. */
export function keepingRegistry(registry: ConfigRegistry | undefined): ConfigRegistry {
  const kept = KEPT_TYPES.map((type): readonly [string, ConfigType] => [
    type,
    {
      type,
      versions: [1, 2],
      tensorClasses: [],
      parse: (fields, { version }) => keptConfig(type, version, fields),
    },
  ]);
  return { configs: new Map([...kept, ...(registry?.configs ?? [])]) };
}
