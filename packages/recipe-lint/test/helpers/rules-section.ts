import type { LintRule, RuleExample } from '../../src/index.ts';

/** RULES.md: what the rules say of themselves. */
export function rulesSection(rules: readonly LintRule[]): string {
  const head = [
    '# The rules of recipe-lint',
    '',
    'Made from the rules by `test/readme.test.ts`. Of rules that find one cause, the first of this list reports it.',
    '',
  ];
  return [...head, ...rules.flatMap((rule) => sectionOf(rule))].join('\n');
}

function sectionOf({ id, severity, title, explanation, examples }: LintRule): readonly string[] {
  const fixes = examples.bad.some(({ fixed }) => fixed !== undefined);
  return [
    `## ${id}`,
    '',
    `${severity}: ${title}.${fixes ? ' `--fix` mends it where it is certain what was meant.' : ''}`,
    '',
    explanation,
    '',
    ...examples.bad.map((example) => line('Bad', example)),
    ...examples.good.map((example) => line('Good', example)),
    ...(examples.bad.length + examples.good.length > 0 ? [''] : []),
  ];
}

function line(word: string, { why, recipe, model, consumer }: RuleExample): string {
  const on = model === undefined ? '' : `, on \`${Object.keys(model.tensors).join('`, `')}\``;
  const by = consumer === undefined ? '' : `, for ${consumer}`;
  return `- ${word}, ${why}: \`${JSON.stringify(recipe)}\`${on}${by}`;
}
