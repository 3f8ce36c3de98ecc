/**
 * node tools/try.ts PATTERN NAME…   tries a pattern against names, or against the lines of standard input, and says
 * which part of it failed to match. Flags and version: FLAGS=i VERSION=3.13 node tools/try.ts …
 */
import { readFileSync } from 'node:fs';
import { compile, diagnose, PYTHON_VERSIONS, PythonReError } from '../src/index.ts';

const [text, ...given] = process.argv.slice(2);
const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

function main(): void {
  if (text === undefined) {
    say('usage: node tools/try.ts PATTERN [NAME…]');
    process.exitCode = 2;
    return;
  }
  const version = PYTHON_VERSIONS.find((v) => v === process.env.VERSION) ?? '3.14';
  const pattern = compile(text, { version, flags: process.env.FLAGS ?? '' });
  for (const warning of pattern.warnings) say(`${warning.category}: ${warning.message}`);
  const names = given.length > 0 ? given : readFileSync(0, 'utf8').split('\n').filter(Boolean);
  for (const name of names) {
    const why = diagnose(pattern, name);
    if (!why) say(`match     ${name}`);
    else {
      const part = why.part ? `${why.part.text} at position ${why.part.start}` : 'the end of the pattern';
      say(`no match  ${Array.from(name).slice(0, why.reached).join('')} ^ ${part}   (${name})`);
    }
  }
}

try {
  main();
} catch (error) {
  if (!(error instanceof PythonReError)) throw error;
  say(`${error.code}: ${error.message}`);
  process.exitCode = 1;
}
