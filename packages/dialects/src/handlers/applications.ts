import { onceForEachLook, type Config, type ParameterInfo, type Recipe } from '@fewbit/core';
import { handlerOf, type Application, type Handler } from './index.ts';

/** A recipe's configs, ready to be applied many times. */
export interface Applications {
  /** The handler of an entry's config; null where the entry is a null or does not exist. */
  readonly handler: (entry: number) => Handler | null;
  /**
   * What an entry's config does to a parameter.
   *
   * @param before - Class of the quantized tensor that the parameter is already; null for a plain one.
   */
  readonly apply: (entry: number, parameter: ParameterInfo, before?: string | null) => Application;
}

export function prepareApplications({ entries }: Recipe): Applications {
  const prepared = entries.map(({ config }) => (config === null ? null : prepare(config)));
  return {
    handler: (entry) => prepared[entry]?.handler ?? null,
    apply: (entry, parameter, before = null) => prepared[entry]?.apply(parameter, before) ?? NOTHING,
  };
}

const NOTHING: Application = { outcome: 'left', reason: 'it is null' };

function prepare(config: Config): {
  readonly handler: Handler;
  readonly apply: (parameter: ParameterInfo, before: string | null) => Application;
} {
  const handler = handlerOf(config);
  const fields = config.toFields();
  const toPlain = onceForEachLook((parameter) => handler.apply(config, fields, parameter, null));
  return {
    handler,
    apply: (parameter, before) =>
      before === null ? toPlain(parameter) : handler.apply(config, fields, parameter, before),
  };
}
