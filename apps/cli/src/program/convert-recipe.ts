import { Command, Option } from 'commander';
import { convertRecipe, FORMAT_NAMES, type ConvertRecipeOptions } from '../commands/convert-recipe.ts';
import type { Terminal } from '../terminal.ts';
import { CHECKPOINT, json, plugin } from './shared-options.ts';

export function convertRecipeCommand(terminal: Terminal, done: (code: number) => void): Command {
  return new Command('convert-recipe')
    .description('Turns a recipe of another tool into one of torchao, or back, and says what is lost.')
    .argument('<file>', 'the recipe: JSON, or a file of llama.cpp tensor types')
    .addOption(format('--from <format>', 'what the file is'))
    .addOption(format('--to <format>', 'what to make of it'))
    .option('--checkpoint <checkpoint>', `compare every tensor of ${CHECKPOINT}`)
    .option('--out <file>', 'file to write (default: standard output)')
    .option('--overwrite', 'replace the file if it is there', false)
    .option('--strict', 'write nothing and end with 1 if anything is lost', false)
    .option('--packed-int4', 'four-bit groups as Int4WeightOnlyConfig, half the size and other rounding', false)
    .addOption(plugin())
    .addOption(json())
    .action(async (file: string, options: ConvertRecipeOptions) => {
      done(await convertRecipe(file, options, terminal));
    });
}

function format(flags: string, description: string): Option {
  return new Option(flags, description).choices(FORMAT_NAMES).makeOptionMandatory();
}
