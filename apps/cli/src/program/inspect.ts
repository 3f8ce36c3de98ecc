import { Command } from 'commander';
import { inspect, type InspectOptions } from '../commands/inspect.ts';
import type { Terminal } from '../terminal.ts';
import { CHECKPOINT, json, plugin } from './shared-options.ts';

export function inspectCommand(terminal: Terminal, done: (code: number) => void): Command {
  return new Command('inspect')
    .description('What a checkpoint holds, quantized how, and whether it can load; from its headers and config.')
    .argument('<checkpoint>', CHECKPOINT)
    .addOption(plugin())
    .addOption(json())
    .action(async (target: string, options: InspectOptions) => {
      done(await inspect(target, options, terminal));
    });
}
