import { describe, expect, it } from 'vitest';
import {
  createItemRunner,
  createReferenceBackend,
  createRegistry,
  describeExactness,
  exactnessOf,
  openBackend,
  openQuantizingBackend,
  referenceBackend,
  type Backend,
  type BackendFactory,
  type ItemRunner,
} from '../src/index.ts';

/** The reference under another name, with another promise, whatever a module in JavaScript may say. */
function promising(name: string, exactness: unknown, closed: string[] = []): BackendFactory {
  const create = (): Backend => {
    const reference = createReferenceBackend();
    const quantizing = { ...reference.quantizing, exactness: exactness as 'bit-exact' };
    return { ...reference, name, quantizing, close: () => closed.push(name) };
  };
  return { name, create };
}

const ONE_UNIT = { unitsInLastPlace: 1, steps: 1 };

async function opened(factory: BackendFactory): Promise<Backend> {
  return openBackend(createRegistry({ backends: [factory] }), factory.name);
}

describe('what a backend promises', () => {
  it.each([undefined, null, 'exact', true, {}, { unitsInLastPlace: 1 }, { unitsInLastPlace: NaN, steps: 1 }, []])(
    'is nothing where it says %j',
    async (stated) => {
      expect(exactnessOf(await opened(promising('silent', stated)))).toBe('unstated');
    },
  );

  it('is said in words', () => {
    expect(exactnessOf(createReferenceBackend())).toBe('bit-exact');
    expect(describeExactness('bit-exact')).toMatch(/promises the reference's bits/);
    expect(describeExactness(ONE_UNIT)).toMatch(/1 units in the last place .* 1 steps/);
  });
});

describe('createItemRunner', () => {
  const runner = (backend: Backend, allowInexact?: boolean): ItemRunner =>
    createItemRunner({
      ...{ recipe: { entries: [] }, sources: [], files: [], sink: { write: () => Promise.resolve() }, backend },
      ...(allowInexact === undefined ? {} : { allowInexact }),
    });

  it.each([ONE_UNIT, undefined])(
    'refuses a backend that promises %j, so that no output is silently another',
    async (stated) => {
      const backend = await opened(promising('near', stated));
      expect(() => runner(backend)).toThrow(expect.objectContaining({ code: 'FEWBIT_BACKEND_INEXACT' }));
      expect(() => runner(backend, false)).toThrow(/"near" .*expected .*"bit-exact".*allowInexact/s);
      expect(runner(backend, true).run).toBeTypeOf('function');
    },
  );

  it('takes one that promises the bits', () => {
    expect(runner(createReferenceBackend()).run).toBeTypeOf('function');
  });
});

describe('openQuantizingBackend', () => {
  it('passes over what is inexact for auto, and closes it', async () => {
    const closed: string[] = [];
    const registry = createRegistry({ backends: [promising('near', ONE_UNIT, closed), referenceBackend] });
    expect((await openQuantizingBackend(registry, 'auto')).name).toBe('reference');
    expect(closed).toEqual(['near']);
    expect((await openQuantizingBackend(registry, 'auto', { allowInexact: true })).name).toBe('near');
  });

  it('refuses an inexact one that is asked for by name, or where there is no other', async () => {
    const registry = createRegistry({ backends: [promising('near', ONE_UNIT)] });
    for (const name of ['near', 'auto']) {
      await expect(openQuantizingBackend(registry, name)).rejects.toMatchObject({
        code: 'FEWBIT_BACKEND_INEXACT',
        message: expect.stringContaining('"near" may be off by 1 units') as unknown,
      });
    }
    const near = await openQuantizingBackend(registry, 'near', { allowInexact: true });
    expect(exactnessOf(near)).toEqual(ONE_UNIT);
  });

  it('says what there is when asked for one that there is not', async () => {
    await expect(openQuantizingBackend(createRegistry({ backends: [referenceBackend] }), 'none')).rejects.toMatchObject(
      {
        code: 'FEWBIT_BACKEND_UNAVAILABLE',
        allowed: 'auto, reference',
      },
    );
  });
});
