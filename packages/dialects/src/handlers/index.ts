import type { Config, ParameterInfo } from '@fewbit/core';
import { quantized, raised, type Application, type Handler } from './handler.ts';
import { int4WeightOnlyHandler } from './int4.ts';
import { int8Handler } from './int8.ts';
import { int8DynamicActivationIntxWeightHandler, intxWeightOnlyHandler } from './intx.ts';

export type { Application, Handler } from './handler.ts';

/** What torchao 0.18.0 does with a config. Types that it does not know, a user's own, do what their `accept` says. */
export function handlerOf({ type }: Config): Handler {
  return HANDLERS.get(type) ?? ACCEPTING;
}

// `accept` is all that is known of these, and all that torchao documents of them.
const ACCEPTING: Handler = {
  takesParameterName: true,
  missing: 'AssertionError',
  readsBias: false,
  apply: (config, _fields, parameter, before) => {
    if (before !== null) return raised('NotImplementedError', 'the tensor is quantized already');
    return asAccepted(config, parameter);
  },
};

function asAccepted(config: Config, parameter: ParameterInfo): Application {
  const acceptance = config.accept(parameter);
  switch (acceptance.verdict) {
    case 'quantize':
      return quantized('');
    case 'leave':
      return { outcome: 'left', reason: acceptance.reason };
    case 'error':
      return raised('ValueError', acceptance.reason);
  }
}

const MODULES_ONLY: Handler = { ...ACCEPTING, takesParameterName: false };

const HANDLERS: ReadonlyMap<string, Handler> = new Map([
  ['Int8WeightOnlyConfig', int8Handler],
  ['Int8DynamicActivationInt8WeightConfig', int8Handler],
  ['IntxWeightOnlyConfig', intxWeightOnlyHandler],
  ['Int8DynamicActivationIntxWeightConfig', int8DynamicActivationIntxWeightHandler],
  ['Int4WeightOnlyConfig', int4WeightOnlyHandler],
  ...[
    'NVFP4WeightOnlyConfig',
    'Float8StaticActivationFloat8WeightConfig',
    'AWQConfig',
    'SmoothQuantConfig',
    'StretchedIntxWeightConfig',
    'GGUFWeightOnlyConfig',
    'QATConfig',
    'PrototypeInt4WeightOnlyConfig',
    'Int8DynamicActivationInt4WeightConfig',
  ].map((type) => [type, MODULES_ONLY] as const),
]);
