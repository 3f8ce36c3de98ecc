import { Command, Option } from 'commander';
import { bench, type BenchOptions } from '../commands/bench.ts';
import type { Terminal } from '../terminal.ts';
import { json } from './shared-options.ts';

export function benchCommand(terminal: Terminal, done: (code: number) => void): Command {
  return new Command('bench')
    .description('How fast this machine quantizes: each backend, the common configs, beside what copying memory takes.')
    .addOption(
      new Option(
        '--backend <name>',
        'only this one: wasm, reference, or webgpu, which is measured only when asked for',
      ),
    )
    .addOption(json())
    .action(async (options: BenchOptions) => {
      done(await bench(options, terminal));
    });
}
