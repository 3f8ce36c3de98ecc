import { describe, expect, it } from 'vitest';
import {
  createItemRunner,
  executePlan,
  planQuantization,
  type ItemRunner,
  type Plan,
  type Recipe,
} from '../../src/index.ts';
import {
  backend,
  fakeAdapter,
  fakeConfig,
  memorySink,
  memorySource,
  storedWeight,
  type MemorySink,
} from '../plan/fakes.ts';

const recipe: Recipe = { entries: [{ key: 'a', config: fakeConfig(1, null) }] };
const input = new Uint8Array(1024);

function plan(): Plan {
  const inputs = [{ name: 'in', byteLength: input.length }];
  return planQuantization({
    inputs,
    parameters: [storedWeight('a', [16, 16], 0)],
    recipe,
    adapter: fakeAdapter,
    rangeBytes: 64,
  });
}

function runner(sink: MemorySink): ItemRunner {
  return createItemRunner({ recipe, sources: [memorySource(input)], files: ['out.bin'], sink, backend });
}

describe('executePlan', () => {
  it('removes what it wrote and gives the first error when a runner fails', async () => {
    const sink = memorySink();
    const broken: ItemRunner = { run: () => Promise.reject(new Error('disk full')), close: () => Promise.resolve() };
    const run = executePlan(plan(), { recipe, runners: [broken, runner(sink)], sink });
    await expect(run).rejects.toThrow('disk full');
    expect(sink.events).toEqual(['abort']);
  });

  it('reads on while someone else writes, and writes at once where nobody does, so that workers do not wait for each other', async () => {
    const order = async (busy: boolean): Promise<string> => {
      const events: string[] = [];
      const sink = memorySink();
      const source = memorySource(input);
      const items = createItemRunner({
        recipe,
        sources: [{ ...source, read: (start, end) => (events.push('read'), source.read(start, end)) }],
        files: ['out.bin'],
        sink: { write: (...write) => (events.push('write'), sink.write(...write)), isBusy: () => busy },
        backend,
      });
      await executePlan(plan(), { recipe, runners: [items], sink });
      return events.slice(0, 6).join(' ');
    };
    expect(await order(false)).toBe('read write read write read write');
    expect(await order(true)).toBe('read read write read write read');
  });

  it('stops and removes what it wrote when the run is aborted', async () => {
    const sink = memorySink();
    const run = executePlan(plan(), {
      recipe,
      runners: [runner(sink)],
      sink,
      signal: { aborted: true, reason: 'changed my mind' },
    });
    await expect(run).rejects.toMatchObject({ code: 'FEWBIT_ABORTED', cause: 'changed my mind' });
    expect(sink.events).toEqual(['abort']);
  });

  it('reports progress that ends at the total, so that a bar can be drawn', async () => {
    const sink = memorySink();
    const seen: number[] = [];
    await executePlan(plan(), {
      recipe,
      runners: [runner(sink)],
      sink,
      onProgress: ({ doneBytes }) => seen.push(doneBytes),
    });
    expect(seen.at(-1)).toBe(512);
    expect(seen).toEqual(seen.toSorted((left, right) => left - right));
  });

  it('refuses a config that writes outside its component, so that no neighbour is overwritten', async () => {
    const sink = memorySink();
    const [entry] = recipe.entries;
    const config = entry?.config;
    if (!config) throw new Error('the recipe has a config');
    const wild: Recipe = {
      entries: [
        {
          key: 'a',
          config: {
            ...config,
            quantizer: (parameter) => ({
              ...config.quantizer(parameter),
              quantize: () => Promise.resolve([{ component: 0, offset: 250, bytes: new Uint8Array(7) }]),
            }),
          },
        },
      ],
    };
    const items = createItemRunner({ recipe: wild, sources: [memorySource(input)], files: ['out.bin'], sink, backend });
    await expect(executePlan(plan(), { recipe: wild, runners: [items], sink })).rejects.toMatchObject({
      code: 'FEWBIT_PLAN_INVALID',
    });
  });

  it('refuses a layout that has another place for a component than it needs, before a byte is written', async () => {
    const sink = memorySink();
    const made = plan();
    const shorter: Plan = {
      ...made,
      outputsOf: (tensor) => made.outputsOf(tensor).map((output) => ({ ...output, byteLength: output.byteLength - 1 })),
    };
    const run = executePlan(shorter, { recipe, runners: [runner(sink)], sink });
    await expect(run).rejects.toMatchObject({ code: 'FEWBIT_PLAN_INVALID' });
  });
});
