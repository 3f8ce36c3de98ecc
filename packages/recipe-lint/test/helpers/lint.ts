import { builtinConfigs } from '@fewbit/configs';
import {
  createRegistry,
  deriveParameters,
  parseRecipe,
  type ParameterInfo,
  type ParsedRecipe,
  type Registry,
} from '@fewbit/core';
import {
  applyEdits,
  lintRecipe,
  type Fix,
  type LintFinding,
  type LintRequest,
  type RuleExample,
} from '../../src/index.ts';

export const registry: Registry = createRegistry({ configs: builtinConfigs });

export type Shapes = Readonly<Record<string, readonly number[]>>;

export function parametersFor(tensors: Shapes, modelType: string | null = null): readonly ParameterInfo[] {
  const list = Object.entries(tensors).map(([name, shape]) => ({ name, dtype: 'BF16' as const, shape }));
  return deriveParameters(list, { modelType });
}

export interface Linted {
  readonly parsed: ParsedRecipe;
  readonly findings: readonly LintFinding[];
}

export function lintText(text: string, request: Omit<LintRequest, 'recipe' | 'warnings'>): Linted {
  const parsed = parseRecipe(text, registry);
  return { parsed, findings: lintRecipe({ recipe: parsed.recipe, warnings: parsed.warnings, ...request }) };
}

export function requestFor({ model, consumer }: Omit<RuleExample, 'why' | 'recipe'>): Omit<LintRequest, 'recipe'> {
  const config = model?.config ?? null;
  const type = typeof config?.model_type === 'string' ? config.model_type : null;
  return {
    parameters: model === undefined ? null : parametersFor(model.tensors, type),
    config,
    ...(consumer !== undefined && { consumer }),
  };
}

/** The text after the fix. */
export function fixText(text: string, { edits }: Fix): string {
  return applyEdits(text, parseRecipe(text, registry), edits);
}
