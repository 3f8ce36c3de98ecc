import { builtinConfigs } from '@fewbit/configs';
import { createRegistry, type Registry } from '@fewbit/core';
import fc from 'fast-check';
import { expect } from 'vitest';
import { convertRecipe } from '../../src/foreign/convert.ts';
import type { ForeignFormat } from '../../src/foreign/contract.ts';
import { describeScheme } from '../../src/foreign/scheme/scheme.ts';
import { parametersOf, weightOf } from './arbitraries.ts';

export const registry: Registry = createRegistry({ configs: builtinConfigs, backends: [], adapters: [] });

/** What the two recipes do with each module, in words, for a readable difference. */
export function selections(
  from: ForeignFormat,
  to: ForeignFormat,
  text: string,
  converted: string,
  names: readonly string[],
  all: boolean,
): { readonly wanted: readonly string[]; readonly got: readonly string[] } {
  const [source, target] = [
    from.read(text, { registry, ...(all && { parameters: parametersOf(names) }) }),
    to.read(converted, { registry, ...(all && { parameters: parametersOf(names) }) }),
  ];
  const parameters = all ? parametersOf(names) : names.map((name) => weightOf(name));
  const wanted = parameters.map((parameter) => {
    const scheme = source.select(parameter);
    return `${parameter.name}: ${describeScheme(scheme === null ? null : to.adapt(scheme).scheme)}`;
  });
  const got = parameters.map((parameter) => `${parameter.name}: ${describeScheme(target.select(parameter))}`);
  return { wanted, got };
}

/** Losses that say that a pattern could not be carried over at all. */
const UNSAID = ['pattern-unsaid', 'outside-blocks', 'one-scheme'];

export interface LawOptions {
  /** Modules of which both systems speak; the others are compared with a checkpoint only. */
  readonly inScope?: (module: string) => boolean;
  readonly runs?: number;
}

/** For every recipe and every model, the result does what the source does, unless it says that it does not. */
export function holdsConversion(
  from: ForeignFormat,
  to: ForeignFormat,
  recipes: fc.Arbitrary<string>,
  modules: fc.Arbitrary<readonly string[]>,
  { inScope = () => true, runs = 70 }: LawOptions = {},
): { readonly compared: number; readonly excused: number } {
  let [compared, excused] = [0, 0];
  fc.assert(
    fc.property(recipes, modules, (text, names) => {
      const plain = convertRecipe({ text, from, to, registry });
      if (plain.findings.some(({ id }) => UNSAID.includes(id))) excused++;
      else {
        compared++;
        const { wanted, got } = selections(from, to, text, plain.text, names.filter(inScope), false);
        expect(got, plain.text).toEqual(wanted);
      }
      const parameters = parametersOf(names);
      const checked = convertRecipe({ text, from, to, registry, parameters });
      // torchao can name any tensor; the others know weights of linear modules only.
      if (to.name === 'fqn') expect(checked.checked?.differing, checked.text).toBe(0);
      if (checked.checked?.differing !== 0) return;
      const { wanted, got } = selections(from, to, text, checked.text, names, true);
      expect(got, checked.text).toEqual(wanted);
    }),
    { numRuns: runs },
  );
  return { compared, excused };
}
