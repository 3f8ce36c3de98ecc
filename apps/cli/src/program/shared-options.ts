import { InvalidArgumentError, Option } from 'commander';

export const CHECKPOINT = 'a directory, a .safetensors file, an index, or the http(s) URL of one of them';

export function backend(): Option {
  const description =
    'what computes: auto (wasm where it runs, else reference), wasm, reference, webgpu, or one of a plugin; the bytes are the same';
  return new Option('--backend <name>', description).default('auto');
}

export function json(): Option {
  return new Option('--json', 'for programs').default(false);
}

export function plugin(): Option {
  return new Option('--plugin <module>', 'a module that exports `configs` or `backends` of your own (repeatable)')
    .default([])
    .argParser((value: string, before: readonly string[]) => [...before, value]);
}

export function parseLimit(text: string): number {
  const limit = Number(text);
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('expected a whole number, 0 for all.');
  return limit;
}
