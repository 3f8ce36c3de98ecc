import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createItemRunner, executePlan, planQuantization, type ItemRunner } from '../../src/index.ts';
import {
  backend,
  fakeAdapter,
  fakeConfig,
  memorySink,
  memorySource,
  storedWeight,
  type MemorySink,
} from '../plan/fakes.ts';

/** Some tensors of whole spans, each copied, quantized or measured and quantized. */
const jobs = fc.record({
  unit: fc.integer({ min: 1, max: 4 }),
  tensors: fc.array(
    fc.record({ spans: fc.integer({ min: 1, max: 4 }), fate: fc.constantFrom('copy', 'plain', 'measured') }),
    {
      minLength: 1,
      maxLength: 5,
    },
  ),
  rangeBytes: fc.integer({ min: 1, max: 64 }),
  runners: fc.integer({ min: 1, max: 4 }),
  /** What the sink answers when it is asked whether it is busy, again and again; null: it cannot tell. */
  busy: fc.option(fc.array(fc.boolean(), { minLength: 1, maxLength: 6 })),
});

type Job = typeof jobs extends fc.Arbitrary<infer T> ? T : never;

async function runJob({ unit, tensors, rangeBytes, runners, busy }: Job): Promise<MemorySink> {
  const span = unit * 6;
  let begin = 0;
  const parameters = tensors.map(({ spans }, at) => {
    const tensor = storedWeight(`m${at}`, [spans, span], begin);
    begin = tensor.end;
    return tensor;
  });
  const input = Uint8Array.from({ length: begin }, (_, at) => (at * 37) % 101);
  const entries = tensors.flatMap(({ fate }, at) =>
    fate === 'copy' ? [] : [{ key: `m${at}`, config: fakeConfig(unit, fate === 'measured' ? span : null) }],
  );
  const recipe = { entries };
  const inputs = [{ name: 'in', byteLength: input.length }];
  const plan = planQuantization({ inputs, parameters, recipe, adapter: fakeAdapter, rangeBytes });
  const sink = memorySink();
  let asked = 0;
  const isBusy = (): boolean => busy?.[asked++ % busy.length] ?? false;
  const runner = (): ItemRunner =>
    createItemRunner({
      recipe,
      sources: [memorySource(input)],
      files: plan.files.map(({ name }) => name),
      sink: busy === null ? sink : { ...sink, isBusy },
      backend,
    });
  await executePlan(plan, { recipe, runners: Array.from({ length: runners }, runner), sink });
  return sink;
}

describe('executePlan', () => {
  it('writes the same bytes whatever the ranges, however many runners share them and whatever is read ahead', async () => {
    await fc.assert(
      fc.asyncProperty(jobs, async (job) => {
        const whole = await runJob({ ...job, rangeBytes: 1 << 20, runners: 1, busy: null });
        const cut = await runJob(job);
        expect(cut.files).toEqual(whole.files);
      }),
      { numRuns: 200, seed: 20261123 },
    );
  });

  it('writes every byte of every output exactly once, so that nothing is left unwritten or fought over', async () => {
    await fc.assert(
      fc.asyncProperty(jobs, async (job) => {
        const { writes, events } = await runJob(job);
        for (const counts of writes.values()) expect([...counts].every((count) => count === 1)).toBe(true);
        expect(events).toEqual(['finish']);
      }),
      { numRuns: 200, seed: 20261123 },
    );
  });
});
