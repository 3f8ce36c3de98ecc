// Runs the fewbit command for each line of standard input, a JSON list of arguments, and answers with a line of JSON:
// exit code, standard output, standard error. Saves starting Node hundreds of times; otherwise as the command itself.
import { createInterface } from 'node:readline';
import { run } from '../apps/cli/src/program.ts';

for await (const line of createInterface({ input: process.stdin })) {
  let out = '';
  let err = '';
  const terminal = {
    out: (text) => (out += text),
    err: (text) => (err += text),
    flushed: () => Promise.resolve(),
    columns: null,
    interactive: false,
    color: false,
  };
  const code = await run(JSON.parse(line), terminal);
  process.stdout.write(`${JSON.stringify({ code, out, err })}\n`);
}
