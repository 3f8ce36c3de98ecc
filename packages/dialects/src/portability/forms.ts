import type { FateNumber } from './fates.ts';

/** A key of a portable recipe; a null fate stands for a null. */
export type PortableKey = readonly [key: string, fate: FateNumber | null];

/** A module, in one or more name spaces, that holds what the recipe quantizes. */
export interface PortableModule {
  readonly fqn: string;
  /** What the parameters that get a config get, by their own names. Empty for a module that only vLLM has. */
  readonly quantized: ReadonlyMap<string, FateNumber>;
  /** Own names of the parameters that stay as they are. */
  readonly plain: readonly string[];
  /** What a dialect that asks by modules alone has to find under the module's own name; null for nothing. */
  readonly moduleKey: FateNumber | null;
}

/**
 * The keys that give a module's parameters what they should get, in the ways in which that can be said with exact keys; the
 * likeliest to be read alike first.
 *
 * - A module whose weight is all it has: its own name, which every dialect reads alike and every config takes.
 * - A weight beside a bias: the weight by its name, the module by its own (for vLLM, which sees no other), and null for the
 *   bias, which transformers would otherwise quantize. Each of the three alone is read otherwise somewhere: the module's name
 *   quantizes the bias in transformers; with the null beside it torchao quantizes nothing.
 * - Anything else: the parameters by their names.
 */
export function formsOf({ fqn, quantized, plain, moduleKey }: PortableModule): readonly (readonly PortableKey[])[] {
  const named = (parameter: string): string => (fqn === '' ? parameter : `${fqn}.${parameter}`);
  const parameters = Array.from(quantized, ([parameter, fate]): PortableKey => [named(parameter), fate]);
  if (quantized.size === 0) return moduleKey === null ? [] : [[[fqn, moduleKey]]];

  const nulls = plain.map((parameter): PortableKey => [named(parameter), null]);
  const weight = quantized.get('weight');
  if (weight === undefined) return [parameters];
  const module: PortableKey = [fqn, weight];
  const all = [...parameters, module, ...nulls];
  if (quantized.size > 1) return moduleKey === null ? [parameters, all] : [all];
  if (plain.length === 0) return moduleKey === null ? [[module], parameters] : [[module], all];
  return moduleKey === null ? [parameters, all, [module]] : [all, [module]];
}
