// Quantizes the model beside this folder by each recipe, runs what came out, and prints a table. See ../README.md.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { describeCheckpoint } from '@fewbit/adapters-safetensors';
import { openCheckpoint } from '@fewbit/adapters-safetensors/node';
import { openInferenceBackend, type FloatDtype, type InferenceBackend } from '@fewbit/core';
import { generate } from './generate.ts';
import { loadLlama, releaseLlama } from './model.ts';
import { perplexityOf } from './perplexity.ts';
import { quantize } from './quantize.ts';
import { RECIPES } from './recipes.ts';
import { registry } from './registry.ts';
import { tableOf, type Row } from './table.ts';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const DTYPES: ReadonlyMap<string, FloatDtype> = new Map([
  ['f32', 'F32'],
  ['bf16', 'BF16'],
  ['f16', 'F16'],
]);
const USAGE = `node --conditions=@fewbit/source main.ts [options]
  --backend NAME   auto, ${[...registry.backends.keys()].join(', ')}; default: auto
  --dtype DTYPE    what linear layers compute in: ${[...DTYPES.keys()].join(', ')}; default: f32
  --bytes N        how much of the text to read; default: 16384 of 78242
  --recipe NAME    only this one, can be repeated: ${RECIPES.map(({ name }) => name).join(', ')}
  --prompt TEXT    what to write on from; default: "It was "
  --write N        how many bytes; default: 200
  --model FOLDER   a Llama with bytes for tokens; default: ../model
  --text FILE      what to compute perplexity on; default: ../heldout.txt
  --out FOLDER     where to put the quantized checkpoints; default: out/tiny-llama of the repository`;

interface Result extends Row {
  readonly text: string;
}

const { values: options } = parseArgs({
  options: {
    backend: { type: 'string', default: 'auto' },
    dtype: { type: 'string', default: 'f32' },
    bytes: { type: 'string', default: '16384' },
    recipe: { type: 'string', multiple: true, default: RECIPES.map(({ name }) => name) },
    write: { type: 'string', default: '200' },
    prompt: { type: 'string', default: 'It was ' },
    model: { type: 'string', default: here('../model') },
    text: { type: 'string', default: here('../heldout.txt') },
    out: { type: 'string', default: here('../../../out/tiny-llama') },
    help: { type: 'boolean', default: false },
  },
});

const dtype = DTYPES.get(options.dtype);
const [bytes, count] = [Number(options.bytes), Number(options.write)];
const recipes = RECIPES.filter(({ name }) => options.recipe.includes(name));
const known = options.recipe.every((name) => recipes.some((recipe) => recipe.name === name));
if (options.help) {
  console.log(USAGE);
} else if (dtype === undefined || !known || !isWhole(bytes, 2) || !isWhole(count, 1)) {
  console.error(USAGE);
  process.exitCode = 2;
} else {
  await main(dtype);
}

function isWhole(value: number, least: number): boolean {
  return Number.isSafeInteger(value) && value >= least;
}

async function main(dtype: FloatDtype): Promise<void> {
  const text = (await readFile(options.text)).subarray(0, bytes);
  const backend = await openInferenceBackend(registry, options.backend);
  console.log(`backend ${backend.name}, linear layers in ${options.dtype}, ${text.length} bytes of held-out text\n`);
  const results: Result[] = [];
  for (const { name, recipe } of recipes) {
    const folder = recipe === null ? options.model : join(options.out, name);
    if (recipe !== null) await quantize(options.model, recipe, folder);
    results.push(await measure(name, folder, { backend, dtype, text }));
    console.error(`${name}: done`);
  }
  backend.close();
  console.log(tableOf(results));
  const ranked = results.toSorted((left, right) => left.perplexity - right.perplexity);
  for (const result of new Set([ranked.at(0), ranked.at(-1)])) {
    if (result !== undefined) console.log(`\n${result.recipe} writes: ${options.prompt}${result.text}`);
  }
}

interface MeasureOptions {
  readonly backend: InferenceBackend;
  readonly dtype: FloatDtype;
  readonly text: Uint8Array;
}

async function measure(recipe: string, folder: string, { backend, dtype, text }: MeasureOptions): Promise<Result> {
  const checkpoint = await openCheckpoint(folder);
  const { totals } = await describeCheckpoint(checkpoint);
  const model = await loadLlama(checkpoint, { backend, dtype, tensorClasses: registry.tensorClasses });
  await checkpoint.close();
  const { perplexity, passed, seconds } = await perplexityOf(model, text);
  const prompt = new TextEncoder().encode(options.prompt);
  const { ids, secondsPerToken } = await generate(model, prompt, { count, temperature: 0.7, seed: 1811 });
  releaseLlama(model);
  return {
    recipe,
    bytes: totals.bytes,
    bitsPerWeight: totals.bitsPerWeight ?? NaN,
    perplexity,
    prefill: passed / seconds,
    decode: 1 / secondsPerToken,
    text: new TextDecoder().decode(ids),
  };
}
