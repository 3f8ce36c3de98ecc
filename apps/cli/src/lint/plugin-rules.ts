import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { FewbitError } from '@fewbit/core';
import type { LintRule } from '@fewbit/recipe-lint';

/**
 * The lint rules of plugins: the `rules` that a module exports beside its `configs`, if any.
 *
 * @throws FewbitError (`FEWBIT_REGISTRY_INVALID`) for `rules` that are something else.
 */
export async function pluginRules(plugins: readonly string[]): Promise<readonly LintRule[]> {
  const lists = await Promise.all(
    plugins.map(async (plugin) => {
      // It has been loaded for its configs before, so it does load.
      const { rules = [] } = (await import(pathToFileURL(resolve(plugin)).href)) as { readonly rules?: unknown };
      if (Array.isArray(rules) && rules.every(isRule)) return rules;
      throw new FewbitError('FEWBIT_REGISTRY_INVALID', {
        message: 'the module exports "rules" that are no list of lint rules',
        where: `--plugin ${plugin}`,
        hint: 'A lint rule is a LintRule value of @fewbit/recipe-lint.',
      });
    }),
  );
  return lists.flat();
}

function isRule(value: unknown): value is LintRule {
  if (typeof value !== 'object' || value === null) return false;
  const { id, severity, title, explanation, check } = value as Readonly<Record<string, unknown>>;
  return [id, severity, title, explanation].every((each) => typeof each === 'string') && typeof check === 'function';
}
