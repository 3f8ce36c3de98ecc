import { Wllama } from '@wllama/wllama/esm/index.js';
import { createDecoder } from './our-model.ts';
import { DECODED_TOKENS, PROMPT_TOKENS, ROUNDS } from './shape.ts';

/** Milliseconds a token, by round, and how both were set up. */
export interface DecodeResult {
  readonly ours: readonly number[];
  readonly wllama: readonly number[];
  readonly backend: string;
  readonly packing: string;
  readonly wllamaThreads: number;
}

/** Any token that is a word: what wllama is made to say, for random bytes are no text. */
const WORD = 300;

/** Decodes in turn with ours and with wllama, whose files lie under /wllama/, its model at /model.gguf. */
export async function decode(): Promise<DecodeResult> {
  const wllama = new Wllama(
    { default: new URL('/wllama/wllama.wasm', location.href).href },
    { suppressNativeLog: true },
  );
  wllama.setCompat(null);
  const model = await (await fetch('/model.gguf')).blob();
  await wllama.loadModel([model], { n_threads: 1, n_ctx: 256, n_gpu_layers: 0, warmup: true });
  console.log('wllama has its model');
  const mine = await createDecoder();
  console.log('ours too');
  const times = { ours: [] as number[], wllama: [] as number[] };
  // Engines compile anew what runs often.
  await mine.decode(PROMPT_TOKENS, DECODED_TOKENS);
  await decodeWith(wllama);
  for (let round = 0; round < ROUNDS; round += 1) {
    times.ours.push(await mine.decode(PROMPT_TOKENS, DECODED_TOKENS));
    times.wllama.push(await decodeWith(wllama));
    console.log(`round ${round + 1} of ${ROUNDS}`);
  }
  const result = { ...times, backend: mine.backend, packing: mine.packing, wllamaThreads: wllama.getNumThreads() };
  await wllama.exit();
  return result;
}

/** Milliseconds a token. */
async function decodeWith(wllama: Wllama): Promise<number> {
  // Typed as a record and a list at once, which nothing can be; it takes the record.
  const bias: object = { logit_bias: { [WORD]: 100_000 } };
  const prompt = ' w300'.repeat(PROMPT_TOKENS);
  const request = { prompt, max_tokens: DECODED_TOKENS, temperature: 0, ...bias };
  const { timings, usage } = await wllama.createCompletion(request);
  if (timings === undefined || usage.completion_tokens !== DECODED_TOKENS)
    throw new Error(`wllama made ${usage.completion_tokens} tokens instead of ${DECODED_TOKENS}`);
  return timings.predicted_per_token_ms;
}
