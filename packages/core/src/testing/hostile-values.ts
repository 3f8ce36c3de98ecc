import type { JsonValue } from '../json.ts';

function nested(depth: number): JsonValue {
  let value: JsonValue = 0;
  for (let level = 0; level < depth; level += 1)
    value = level % 2 === 0 ? [value] : { _type: 'PerGroup', _data: value };
  return value;
}

/** What a recipe from outside may hold where a config expects a field: JSON values of every kind, and some made to hurt. */
export const HOSTILE_VALUES: readonly JsonValue[] = [
  null,
  true,
  false,
  0,
  -1,
  1,
  1.5,
  1e308,
  -1e308,
  2 ** 53,
  '',
  '__proto__',
  'constructor',
  'toString',
  'PerRow',
  'int99',
  'x'.repeat(100_000),
  [],
  [null],
  [[], []],
  {},
  JSON.parse('{"__proto__": {"type": "PerRow"}}') as JsonValue,
  { _type: 'PerGroup' },
  { _type: 'PerGroup', _data: {} },
  { _type: 'PerGroup', _data: { group_size: 0 } },
  { _type: 'PerGroup', _data: { group_size: '32' } },
  { _type: 'PerGroup', _version: 7, _data: { group_size: 32 } },
  { _type: '__proto__', _data: {} },
  { type: 'PerGroup', group_size: 1e300 },
  { type: 'PerRow', dim: -(2 ** 60) },
  { _type: 'MappingType', _data: '__proto__' },
  { _type: 'torch.dtype', _data: ['int4'] },
  { _type: 'torch.dtype', _data: 'float64' },
  nested(10_000),
];
