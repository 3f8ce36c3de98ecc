import { Command, InvalidArgumentError, Option } from 'commander';
import { lint, type LintOptions } from '../commands/lint.ts';
import { isCount, parseRuleSetting } from '../lint/settings.ts';
import type { Terminal } from '../terminal.ts';
import { CHECKPOINT, json, plugin, parseLimit } from './shared-options.ts';

export function lintCommand(terminal: Terminal, done: (code: number) => void): Command {
  return new Command('lint')
    .description('What is wrong with a recipe, on the names of a checkpoint where one is given.')
    .argument('[recipe]', 'recipe: JSON')
    .option('--checkpoint <checkpoint>', CHECKPOINT)
    .option('--consumer <name>', 'who is going to load the result: torchao, transformers, vllm')
    .option('--fix', 'rewrite the recipe where it is certain what was meant', false)
    .addOption(
      new Option('--rule <id=severity>', 'off, note, warning or error for a rule (repeatable)')
        .default([])
        .argParser(parseRule),
    )
    .option('--max-warnings <count>', 'end with 1 for more warnings than this', parseWarnings)
    .option(
      '--limit <count>',
      'the most findings of one rule, 0 for all (default: 20; --json, --sarif: all)',
      parseLimit,
    )
    .option('--rules', 'list the rules with what they are for', false)
    .option('--sarif', 'a SARIF 2.1.0 log', false)
    .addOption(plugin())
    .addOption(json())
    .action(async (target: string | undefined, options: LintOptions) => {
      done(await lint(target, options, terminal));
    });
}

function parseRule(text: string, before: LintOptions['rule']): LintOptions['rule'] {
  const setting = parseRuleSetting(text);
  if (setting !== null) return [...before, setting];
  throw new InvalidArgumentError('expected a rule and a severity, such as key-shadowed=off.');
}

function parseWarnings(text: string): number {
  const count = /^\d+$/.test(text) ? Number(text) : -1;
  if (isCount(count)) return count;
  throw new InvalidArgumentError('expected a whole number from 0 on.');
}
