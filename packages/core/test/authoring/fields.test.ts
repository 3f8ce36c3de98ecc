import { describe, expect, test } from 'vitest';
import { InvalidConfigError, readFields, shown, unwrap, type JsonObject } from '../../src/index.ts';

const names = ['size', 'fast', 'kind'];
const read = (fields: JsonObject) => readFields(fields, 'recipe.key', names);

describe('a field that is there', () => {
  test('is read as another value', () => {
    const fields = read({ size: 3, fast: true, kind: { _type: 'Kind', _data: 'B' } });
    expect(fields.integer('size', 1, 0)).toBe(3);
    expect(fields.boolean('fast', false)).toBe(true);
    expect(fields.choice('kind', 'A', ['A', 'B'], 'Kind')).toBe('B');
    expect(fields.optionalChoice('kind', ['A', 'B'], 'Kind')).toBe('B');
  });

  test('is taken from the prototype', () => {
    const fields = read(Object.create({ size: 3 }) as JsonObject);
    expect(fields.raw('size')).toBeUndefined();
    expect(fields.integer('size', 1, 0)).toBe(1);
  });
});

test('a field that is absent has no default', () => {
  const fields = read({});
  expect(fields.integer('size', 1, 0)).toBe(1);
  expect(fields.boolean('fast', true)).toBe(true);
  expect(fields.choice('kind', 'A', ['A', 'B'], 'Kind')).toBe('A');
  expect(fields.optionalChoice('kind', ['A', 'B'], 'Kind')).toBeNull();
  expect(read({ kind: null }).optionalChoice('kind', ['A', 'B'], 'Kind')).toBeNull();
});

test.each<[JsonObject, (fields: ReturnType<typeof read>) => unknown, string]>([
  [
    { size: 2.5 },
    (fields) => fields.integer('size', 1, 0),
    'recipe.key.size: saw 2.5; expected an integer of 0 or more.',
  ],
  [
    { size: 9 },
    (fields) => fields.integer('size', 1, 0, 8),
    'recipe.key.size: saw 9; expected an integer from 0 to 8.',
  ],
  [{ size: null }, (fields) => fields.integer('size', 1, 0), 'recipe.key.size: saw null'],
  [{ fast: 1 }, (fields) => fields.boolean('fast', true), 'recipe.key.fast: saw 1; expected true or false.'],
  [
    { kind: 'C' },
    (fields) => fields.choice('kind', 'A', ['A', 'B'], 'Kind'),
    '"C" is no Kind for this field; expected A, B.',
  ],
  [
    { kind: { _type: 'Other', _data: 'A' } },
    (fields) => fields.choice('kind', 'A', ['A'], 'Kind'),
    'an object of type "Other" is no Kind',
  ],
  [{ kind: null }, (fields) => fields.choice('kind', 'A', ['A'], 'Kind'), 'null is no Kind'],
])('%j is taken', (json, use, message) => {
  const fields = read(json);
  expect(() => use(fields)).toThrow(InvalidConfigError);
  expect(() => use(fields)).toThrow(message);
});

test('a misspelt field is ignored', () => {
  expect(() => read({ sise: 3 })).toThrow('recipe.key: unknown field "sise"; expected "size", "fast", "kind".');
  expect(() => read(JSON.parse('{"__proto__": 1}') as JsonObject)).toThrow('unknown field "__proto__"');
});

test('a message holds a megabyte of the recipe', () => {
  expect(shown('x'.repeat(1_000_000)).length).toBeLessThan(100);
  expect(shown([[[[]]]])).toBe('a list of 1');
  expect(shown({ type: 'PerRow' })).toBe('an object of type "PerRow"');
  expect(shown(undefined)).toBe('nothing');
  expect(() => read({ ['x'.repeat(1_000_000)]: 1 })).toThrow(/^.{1,400}$/);
});

test('another envelope is unwrapped', () => {
  expect(unwrap({ _type: 'Kind', _data: 'A' }, 'Kind')).toBe('A');
  expect(unwrap({ _type: 'Other', _data: 'A' }, 'Kind')).toBeUndefined();
  expect(unwrap({ _type: 'Kind' }, 'Kind')).toBeUndefined();
  expect(unwrap('A', 'Kind')).toBe('A');
});
