import {
  InvalidConfigError,
  type Acceptance,
  type Config,
  type JsonObject,
  type ParameterInfo,
  type TensorQuantizer,
} from '@fewbit/core';
import type { BlockedWeight } from './granularity/blocks.ts';

/** The parts of a config whose acceptance and quantizer both follow from how a weight is cut into blocks. */
export interface BlockConfig {
  readonly type: string;
  readonly version: number;
  readonly summary: string;
  readonly fields: JsonObject;
  /** The weight's blocks, or why it is left as it is or refused. */
  readonly blocks: (parameter: ParameterInfo) => BlockedWeight | Exclude<Acceptance, { readonly verdict: 'quantize' }>;
  readonly quantizer: (weight: BlockedWeight) => TensorQuantizer;
}

/** A config made of its parts. Its quantizer refuses what `accept` does not answer with `quantize`. */
export function blockConfig({ type, version, summary, fields, blocks, quantizer }: BlockConfig): Config {
  return {
    type,
    version,
    summary,
    toFields: () => fields,
    accept: (parameter) => {
      const weight = blocks(parameter);
      return 'verdict' in weight ? weight : { verdict: 'quantize' };
    },
    quantizer: (parameter) => {
      const weight = blocks(parameter);
      if (!('verdict' in weight)) return quantizer(weight);
      throw new InvalidConfigError({
        message: `${type} cannot quantize it: ${weight.reason}`,
        where: parameter.name,
        ...(weight.hint !== undefined && { hint: weight.hint }),
      });
    },
  };
}

/** `_version` of all of these: earlier ones were removed from torchao, later ones do not exist. */
export const VERSION = 2;

/** @throws InvalidConfigError for any other version than torchao's current one. */
export function checkVersion(type: string, version: number, where: string): void {
  if (version !== VERSION) {
    throw new InvalidConfigError({
      message: `saw version ${version} of ${type}`,
      where,
      allowed: `version ${VERSION}`,
      hint: 'An envelope without "_version" means version 1, which torchao has removed.',
    });
  }
}
