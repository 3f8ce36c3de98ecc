import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { bench, type BenchOptions } from './commands/bench.ts';
import { convertRecipe, FORMAT_NAMES, type ConvertRecipeOptions } from './commands/convert-recipe.ts';
import { FewbitError, GROUP_ORDERS, TENSOR_STATES, type Dialect } from '@fewbit/core';
import { explain, type ExplainOptions } from './commands/explain.ts';
import { inspect, type InspectOptions } from './commands/inspect.ts';
import { lint, type LintOptions } from './commands/lint.ts';
import { portability, type PortabilityOptions } from './commands/portability.ts';
import { quantize, type QuantizeOptions } from './commands/quantize.ts';
import { verify, type VerifyOptions } from './commands/verify.ts';
import { DIALECT_NAMES, dialectsNamed } from './dialects.ts';
import { isCount, parseRuleSetting } from './lint/settings.ts';
import { errorJson, errorText } from './render/error.ts';
import { EXIT, exitCodeOf } from './exit-code.ts';
import { processTerminal, type Terminal } from './terminal.ts';
import { version } from './version.ts';

/**
 * Runs the command.
 *
 * @param argv Arguments, without the program's own name.
 * @returns The exit code: 0 done, 1 the job failed, 2 bad input.
 */
export async function run(argv: readonly string[], terminal: Terminal = processTerminal()): Promise<number> {
  let code: number = EXIT.ok;
  const program = createProgram(terminal, (result) => {
    code = result;
  });
  try {
    await program.parseAsync(argv, { from: 'user' });
    return code;
  } catch (error) {
    // Help and version are no errors; anything else that commander throws it has already printed.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.badInput;
    if (argv.includes('--json') && FewbitError.isInstance(error)) terminal.out(errorJson(error));
    terminal.err(errorText(error));
    return exitCodeOf(error);
  }
}

const CHECKPOINT = 'a directory, a .safetensors file, an index, or the http(s) URL of one of them';

function createProgram(terminal: Terminal, done: (code: number) => void): Command {
  const program = new Command('fewbit')
    .description('Applies a per-layer quantization recipe (torchao FqnToConfig) to a safetensors checkpoint.')
    .version(version)
    .exitOverride()
    .configureOutput({ writeOut: terminal.out, writeErr: terminal.err })
    .showHelpAfterError('(fewbit --help shows what there is)');

  program
    .command('inspect')
    .description('What a checkpoint holds, quantized how, and whether it can load; from its headers and config.')
    .argument('<checkpoint>', CHECKPOINT)
    .addOption(plugin())
    .addOption(json())
    .action(async (target: string, options: InspectOptions) => {
      done(await inspect(target, options, terminal));
    });

  program
    .command('explain')
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

  program
    .command('portability')
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

  program
    .command('lint')
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

  program
    .command('quantize')
    .description('Writes the quantized checkpoint, ready for from_pretrained.')
    .argument('<checkpoint>', CHECKPOINT)
    .requiredOption('--recipe <file>', 'recipe: JSON')
    .requiredOption('--out <dir>', 'directory to write; it appears when it is complete')
    .option('--workers <count>', 'threads (default: one for each core, four at most)', parseCount)
    .addOption(backend())
    .option(
      '--max-shard-size <size>',
      'of one file, such as 5GB, 900MiB or a number of bytes',
      parseSize,
      5_000_000_000,
    )
    .option('--overwrite', 'replace the directory if it is there', false)
    .option('--dry-run', 'plan everything, write nothing', false)
    .option('--untie', 'write tied embeddings as two tensors', false)
    .addOption(plugin())
    .addOption(json())
    .action(async (target: string, options: QuantizeOptions) => {
      done(await quantize(target, options, terminal));
    });

  program
    .command('verify')
    .description('Reads a quantized checkpoint back and measures it against the original.')
    .argument('<quantized>', CHECKPOINT)
    .requiredOption('--original <checkpoint>', CHECKPOINT)
    .addOption(backend())
    .addOption(plugin())
    .addOption(json())
    .action(async (target: string, options: VerifyOptions) => {
      done(await verify(target, options, terminal));
    });

  program
    .command('convert-recipe')
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

  program
    .command('bench')
    .description('How fast this machine quantizes: each backend, the common configs, beside what copying memory takes.')
    .addOption(json())
    .action(async (options: BenchOptions) => {
      done(await bench(options, terminal));
    });

  return program;
}

function format(flags: string, description: string): Option {
  return new Option(flags, description).choices(FORMAT_NAMES).makeOptionMandatory();
}

function backend(): Option {
  const description = 'what computes: auto (the fastest that runs here), wasm or reference; the bytes are the same';
  return new Option('--backend <name>', description).default('auto');
}

function json(): Option {
  return new Option('--json', 'for programs').default(false);
}

function plugin(): Option {
  return new Option('--plugin <module>', 'a module that exports `configs`: config types of your own (repeatable)')
    .default([])
    .argParser((value: string, before: readonly string[]) => [...before, value]);
}

function parseLimit(text: string): number {
  const limit = Number(text);
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('expected a whole number, 0 for all.');
  return limit;
}

function parseShare(text: string): number {
  const { number, percent } = /^(?<number>\d{1,3}(?:\.\d{1,9})?)(?<percent>%?)$/.exec(text.trim())?.groups ?? {};
  const share = Number(number) / (percent === '%' ? 100 : 1);
  if (!(share >= 0 && share <= 1)) throw new InvalidArgumentError('expected a share from 0 to 1, or from 0% to 100%.');
  return share;
}

function parseDialects(text: string): readonly Dialect[] {
  const names = [...new Set(text.split(',').map((name) => name.trim()))];
  const dialects = dialectsNamed(names);
  if (dialects === undefined)
    throw new InvalidArgumentError(`expected names out of ${DIALECT_NAMES.join(', ')}, with commas.`);
  return dialects;
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

function parseCount(text: string): number {
  const count = Number(text);
  if (!Number.isSafeInteger(count) || count < 1 || count > 256) {
    throw new InvalidArgumentError('expected a whole number from 1 to 256.');
  }
  return count;
}

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KIB: 2 ** 10,
  MIB: 2 ** 20,
  GIB: 2 ** 30,
};

function parseSize(text: string): number {
  const { number, unit = '' } = /^(?<number>\d{1,15})\s*(?<unit>[a-z]*)$/i.exec(text.trim())?.groups ?? {};
  const factor = Object.hasOwn(UNITS, unit.toUpperCase()) ? UNITS[unit.toUpperCase()] : undefined;
  const bytes = Number(number) * (factor ?? NaN);
  if (!Number.isSafeInteger(bytes) || bytes < 1)
    throw new InvalidArgumentError('expected a size such as 5GB or 900MiB.');
  return bytes;
}
