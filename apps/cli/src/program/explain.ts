import { Command, InvalidArgumentError, Option } from 'commander';
import { GROUP_ORDERS, TENSOR_STATES } from '@fewbit/core';
import { explain, type ExplainOptions } from '../commands/explain.ts';
import { DIALECT_NAMES } from '../dialects.ts';
import type { Terminal } from '../terminal.ts';
import { CHECKPOINT, json, plugin, parseLimit } from './shared-options.ts';

export function explainCommand(terminal: Terminal, done: (code: number) => void): Command {
  return new Command('explain')
    .description('What a recipe does to each tensor, and why, from the headers alone.')
    .argument('<checkpoint>', CHECKPOINT)
    .requiredOption('--recipe <file>', 'recipe: JSON')
    .option('--filter <pattern>', 'only names that match: a glob such as "*.mlp.*", or re: and a Python pattern')
    .addOption(new Option('--only <state>', 'only tensors that become this').choices(TENSOR_STATES))
    .option('--key <key>', 'only tensors that this key decides')
    .option('--tensor <fqn>', 'one tensor in full, with every key that lost')
    .addOption(new Option('--sort <by>', "another order than the checkpoint's").choices(GROUP_ORDERS))
    .option('--flat', 'each tensor on its own line', false)
    .option('--files', 'how large the files will be, headers included, and whether they can be written', false)
    .option('--limit <rows>', 'the most rows, 0 for all (default: 100; --json: all)', parseLimit)
    .option('--lint', 'what is wrong with the recipe too, as `fewbit lint` says it', false)
    .option('--min-coverage <share>', 'fail unless this share of the weights is quantized: 0.9 or 90%', parseShare)
    .addOption(new Option('--dialect <name>', 'as this one reads it (default: documented)').choices(DIALECT_NAMES))
    .addOption(plugin())
    .addOption(json())
    .action(async (target: string, options: ExplainOptions) => {
      done(await explain(target, options, terminal));
    });
}

function parseShare(text: string): number {
  const { number, percent } = /^(?<number>\d{1,3}(?:\.\d{1,9})?)(?<percent>%?)$/.exec(text.trim())?.groups ?? {};
  const share = Number(number) / (percent === '%' ? 100 : 1);
  if (!(share >= 0 && share <= 1)) throw new InvalidArgumentError('expected a share from 0 to 1, or from 0% to 100%.');
  return share;
}
