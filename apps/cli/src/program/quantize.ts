import { Command, InvalidArgumentError } from 'commander';
import { quantize, type QuantizeOptions } from '../commands/quantize.ts';
import type { Terminal } from '../terminal.ts';
import { CHECKPOINT, backend, json, plugin } from './shared-options.ts';

export function quantizeCommand(terminal: Terminal, done: (code: number) => void): Command {
  return new Command('quantize')
    .description('Writes the quantized checkpoint, ready for from_pretrained.')
    .argument('<checkpoint>', CHECKPOINT)
    .requiredOption('--recipe <file>', 'recipe: JSON')
    .requiredOption('--out <dir>', 'directory to write; it appears when it is complete')
    .option('--workers <count>', 'threads (default: one for each core, four at most; one on webgpu)', parseCount)
    .addOption(backend())
    .option('--allow-inexact', "take a backend that does not promise the reference's bits", false)
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
