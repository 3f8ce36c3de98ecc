import { describe, expect, it } from 'vitest';
import {
  createReferenceBackend,
  createRegistry,
  openBackend,
  openInferenceBackend,
  referenceBackend,
  type BackendFactory,
  type ConfigType,
  type TensorClass,
} from '../src/index.ts';
import { fakeConfig } from './plan/fakes.ts';

const tensorClass: TensorClass = {
  name: 'FakeTensor',
  open: () => {
    throw new Error('never opened here');
  },
};

function configType(type: string, tensorClasses: readonly TensorClass[] = [tensorClass]): ConfigType {
  return { type, versions: [1], tensorClasses, parse: () => fakeConfig(1, null) };
}

describe('createRegistry', () => {
  it('finds parts by name, tensor classes through the configs that produce them', () => {
    const registry = createRegistry({ configs: [configType('A'), configType('B')], backends: [referenceBackend] });
    expect([...registry.configs.keys()]).toEqual(['A', 'B']);
    expect([...registry.tensorClasses.values()]).toEqual([tensorClass]);
    expect([...registry.backends.keys()]).toEqual(['reference']);
  });

  it('refuses two different parts under one name, since the outcome would depend on their order', () => {
    expect(() => createRegistry({ configs: [configType('A'), configType('A')] })).toThrow(/config type name "A"/);
    const other = { ...tensorClass };
    expect(() => createRegistry({ configs: [configType('A'), configType('B', [other])] })).toThrow(
      /tensor class name "FakeTensor"/,
    );
  });

  it('takes __proto__ as a name like any other', () => {
    expect(createRegistry({ configs: [configType('__proto__')] }).configs.has('__proto__')).toBe(true);
  });
});

describe('openBackend', () => {
  const absent = { name: 'absent', create: () => null };
  const registry = createRegistry({ backends: [absent, referenceBackend] });

  it('takes for auto the first that the environment can run', async () => {
    expect((await openBackend(registry, 'auto')).name).toBe('reference');
  });

  it.each(['absent', 'none', '__proto__'])('says what there is when asked for %s', async (name) => {
    await expect(openBackend(registry, name)).rejects.toMatchObject({
      code: 'FEWBIT_BACKEND_UNAVAILABLE',
      allowed: 'auto, absent, reference',
    });
  });

  it('fails for auto where nothing can run', async () => {
    await expect(openBackend(createRegistry({ backends: [absent] }), 'auto')).rejects.toMatchObject({
      code: 'FEWBIT_BACKEND_UNAVAILABLE',
    });
  });
});

describe('openInferenceBackend', () => {
  const closed: string[] = [];
  const quantizes: BackendFactory = {
    name: 'quantizes',
    create: () => ({
      ...createReferenceBackend(),
      name: 'quantizes',
      inference: null,
      close: () => closed.push('quantizes'),
    }),
  };
  const registry = createRegistry({ backends: [quantizes, referenceBackend] });

  it('passes over backends that only quantize, and closes them', async () => {
    const backend = await openInferenceBackend(registry, 'auto');
    expect(backend.name).toBe('reference');
    expect(backend.inference.loadLinear).toBeTypeOf('function');
    expect(closed).toEqual(['quantizes']);
  });

  it('refuses one that only quantizes when asked for it', async () => {
    await expect(openInferenceBackend(registry, 'quantizes')).rejects.toMatchObject({
      code: 'FEWBIT_BACKEND_UNAVAILABLE',
      message: expect.stringContaining('cannot run linear layers here') as unknown,
    });
  });
});
