import { Command, InvalidArgumentError } from 'commander';
import { type Dialect } from '@fewbit/core';
import { portability, type PortabilityOptions } from '../commands/portability.ts';
import { DIALECT_NAMES, dialectsNamed } from '../dialects.ts';
import type { Terminal } from '../terminal.ts';
import { CHECKPOINT, json, plugin } from './shared-options.ts';

export function portabilityCommand(terminal: Terminal, done: (code: number) => void): Command {
  return new Command('portability')
    .description('Where torchao, transformers and vLLM read a recipe differently, from the headers alone.')
    .argument('<checkpoint>', CHECKPOINT)
    .requiredOption('--recipe <file>', 'recipe: JSON')
    .option(
      '--dialects <names>',
      `which to compare, such as torchao,vllm (default: ${DIALECT_NAMES.join(',')})`,
      parseDialects,
    )
    .option('--fix', 'write the recipe that all of them read alike, to standard output or --out', false)
    .option('--out <file>', 'where --fix writes')
    .option('--overwrite', 'replace the file if it is there', false)
    .addOption(plugin())
    .addOption(json())
    .action(async (target: string, options: PortabilityOptions) => {
      done(await portability(target, options, terminal));
    });
}

function parseDialects(text: string): readonly Dialect[] {
  const names = [...new Set(text.split(',').map((name) => name.trim()))];
  const dialects = dialectsNamed(names);
  if (dialects === undefined)
    throw new InvalidArgumentError(`expected names out of ${DIALECT_NAMES.join(', ')}, with commas.`);
  return dialects;
}
