import type { Config, JsonObject, ParameterInfo } from '@fewbit/core';

/** What happens when torchao gives a tensor to a config. */
export type Application =
  | { readonly outcome: 'quantized'; readonly tensorClass: string }
  /** torchao hands the tensor back as it was. */
  | { readonly outcome: 'left'; readonly reason: string }
  | { readonly outcome: 'raised'; readonly error: string; readonly reason: string };

/** What torchao has registered for one class of configs, and what that does beyond what is documented. */
export interface Handler {
  /**
   * Whether the function has a keyword `parameter_name`. Where it has none, a key that reaches a parameter raises
   * NotImplementedError; one that reaches a module works.
   */
  readonly takesParameterName: boolean;
  /** What a module without the parameter raises. */
  readonly missing: 'AssertionError' | 'AttributeError';
  /** Whether it reads `module.bias` whatever the parameter, and raises AttributeError where the module has no such member. */
  readonly readsBias: boolean;
  /**
   * @param fields - The config's own, see `Config.toFields`.
   * @param before - Class of the quantized tensor that the parameter is already; null for a plain one.
   */
  readonly apply: (config: Config, fields: JsonObject, parameter: ParameterInfo, before: string | null) => Application;
}

export function quantized(tensorClass: string): Application {
  return { outcome: 'quantized', tensorClass };
}

export function raised(error: string, reason: string): Application {
  return { outcome: 'raised', error, reason };
}
