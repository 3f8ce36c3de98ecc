export { lintRecipe, type LintRequest } from './lint.ts';
export { builtinRules } from './rules/index.ts';
export type { LintRule, RuleExample } from './rule.ts';
export type { LintContext, LintKey } from './context.ts';
export type { LintModel } from './model/lint-model.ts';
export type { Fix, InvolvedTensors, LintFinding, LintSeverity, RecipeEdit, RuleFinding } from './finding.ts';
export { applyEdits, compatibleFixes, type RecipeText } from './edit/apply-edits.ts';
export type { EntryPlace, RecipePlaces, TextSpan } from './edit/places.ts';
