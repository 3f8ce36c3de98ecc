import { Command, CommanderError } from 'commander';
import { FewbitError } from '@fewbit/core';
import { EXIT, exitCodeOf } from './exit-code.ts';
import { errorJson, errorText } from './render/error.ts';
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
  try {
    const program = await createProgram(argv[0], terminal, (result) => {
      code = result;
    });
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

type CommandMaker = (terminal: Terminal, done: (code: number) => void) => Command;

/** In the order of the help. Each is loaded when it is wanted: half of a small job's time went into loading all of them. */
const COMMANDS: ReadonlyMap<string, () => Promise<CommandMaker>> = new Map([
  ['inspect', async () => (await import('./program/inspect.ts')).inspectCommand],
  ['explain', async () => (await import('./program/explain.ts')).explainCommand],
  ['portability', async () => (await import('./program/portability.ts')).portabilityCommand],
  ['lint', async () => (await import('./program/lint.ts')).lintCommand],
  ['quantize', async () => (await import('./program/quantize.ts')).quantizeCommand],
  ['verify', async () => (await import('./program/verify.ts')).verifyCommand],
  ['convert-recipe', async () => (await import('./program/convert-recipe.ts')).convertRecipeCommand],
  ['bench', async () => (await import('./program/bench.ts')).benchCommand],
]);

/** With the command that is asked for; with all of them when it is none, for the help and for what was meant. */
async function createProgram(
  asked: string | undefined,
  terminal: Terminal,
  done: (code: number) => void,
): Promise<Command> {
  const program = new Command('fewbit')
    .description('Applies a per-layer quantization recipe (torchao FqnToConfig) to a safetensors checkpoint.')
    .version(version)
    .exitOverride()
    .configureOutput({ writeOut: terminal.out, writeErr: terminal.err })
    .showHelpAfterError('(fewbit --help shows what there is)');
  const one = asked === undefined ? undefined : COMMANDS.get(asked);
  for (const load of one === undefined ? COMMANDS.values() : [one]) {
    const command = (await load())(terminal, done);
    program.addCommand(command.copyInheritedSettings(program));
  }
  return program;
}
