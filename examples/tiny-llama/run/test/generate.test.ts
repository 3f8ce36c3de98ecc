import { beforeAll, expect, test } from 'vitest';
import { createCache } from '../cache.ts';
import { forward } from '../forward.ts';
import { generate } from '../generate.ts';
import type { Llama } from '../model.ts';
import { referenceInference, SMALL, smallLlama } from './small-llama.ts';

let model: Llama;
beforeAll(async () => {
  model = await smallLlama(referenceInference());
});

const prompt = Uint8Array.of(3, 1, 4);
const write = async (temperature: number, seed: number, count = 30): Promise<readonly number[]> => [
  ...(await generate(model, prompt, { count, temperature, seed })).ids,
];

test.each([0, 0.7])('at temperature %d the same seed writes another text', async (temperature) => {
  expect(await write(temperature, 7)).toEqual(await write(temperature, 7));
});

test('the seed decides nothing', async () => {
  expect(await write(1, 7)).not.toEqual(await write(1, 8));
});

test('without temperature another token than the likeliest is taken', async () => {
  const text = [...prompt];
  for (let step = 0; step < 7; step += 1) {
    const logits = [...(await forward(model, text, createCache(SMALL), 1))];
    text.push(logits.indexOf(Math.max(...logits)));
  }
  expect(await write(0, 0, 7)).toEqual(text.slice(prompt.length));
});

test('a text that outgrows the context stops, or is not continued from its second half', async () => {
  const written = await write(0, 0, 25);
  expect(written).toHaveLength(25);
  const text = [...prompt, ...written];
  const logits = [
    ...(await forward(model, text.slice(SMALL.context + 1 - 5, SMALL.context + 1), createCache(SMALL), 1)),
  ];
  expect(text[SMALL.context + 1]).toBe(logits.indexOf(Math.max(...logits)));
});

test('an empty prompt fails somewhere deep', async () => {
  const nothing = generate(model, new Uint8Array(0), { count: 1, temperature: 0, seed: 0 });
  await expect(nothing).rejects.toThrow('a prompt has one token or more');
});
