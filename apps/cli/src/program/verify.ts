import { Command } from 'commander';
import { verify, type VerifyOptions } from '../commands/verify.ts';
import type { Terminal } from '../terminal.ts';
import { CHECKPOINT, backend, json, plugin } from './shared-options.ts';

export function verifyCommand(terminal: Terminal, done: (code: number) => void): Command {
  return new Command('verify')
    .description('Reads a quantized checkpoint back and measures it against the original.')
    .argument('<quantized>', CHECKPOINT)
    .requiredOption('--original <checkpoint>', CHECKPOINT)
    .addOption(backend())
    .addOption(plugin())
    .addOption(json())
    .action(async (target: string, options: VerifyOptions) => {
      done(await verify(target, options, terminal));
    });
}
