import fc from 'fast-check';
import { expect, it } from 'vitest';
import { compile, compileSet } from '../src/index.ts';

const word = fc.constantFrom('model', 'layers', 'mlp', 'gate', 'up', 'weight', '1', '12', '2', 'a', 'b', 'ab', '_');
const piece = fc.oneof(
  { weight: 4, arbitrary: word },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      '\\.',
      '.*',
      '.+',
      '.',
      '[0-9]+',
      '\\d',
      '[a-z]*',
      '\\w+',
      '[12]',
      '[^.]+',
      '.{2}',
      '(?i:UP)',
    ),
  },
  { weight: 2, arbitrary: fc.tuple(word, word).map(([a, b]) => `(${a}|${b})`) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('(?:_x)?', 'b?', '(?:1|.*)', '(?:a|b+)*', '(?:ab){1,2}', '\\b', '$', '^', '\\B'),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '(?!.*gate)',
      '(?=.*1)',
      '(?<!a)',
      '(?<=b)',
      '(?>a|ab)',
      'a*+',
      '(a)\\1',
      '(?:(a)|b)(?(1)b|a)',
    ),
  },
);
const key = fc.array(piece, { maxLength: 7 }).map((pieces) => pieces.join('').replace(/\\1/g, '(?:a)'));
const prefix = fc.constantFrom('', '', '.*', '.+', 'model\\.', '^', '(?!.*gate)', '(?!.*up)(?=.*a)');
const suffix = fc.constantFrom('', '', '.*', 'weight', '$', '(?<!a)');
const keys = fc.array(
  fc.tuple(prefix, key, suffix).map((parts) => parts.join('')),
  { maxLength: 40 },
);
const name = fc
  .array(
    fc.oneof(
      { weight: 9, arbitrary: fc.oneof(word, fc.constant('.')) },
      { weight: 1, arbitrary: fc.constantFrom('\n', 'é', '😀', '') },
    ),
    { maxLength: 9 },
  )
  .map((pieces) => pieces.join(''));

/** Names as a model has them: one begins like another, and whoever asks about a parameter asks about its module too. */
const names = fc
  .array(fc.tuple(name, fc.array(fc.tuple(fc.nat(30), fc.oneof(fc.constant(''), name)), { maxLength: 4 })), {
    minLength: 1,
    maxLength: 6,
  })
  .map((list) => list.flatMap(([first, more]) => [first, ...more.map(([end, rest]) => first.slice(0, end) + rest)]));

/** So little memory that automata forget their states all the time, or as much as they like. */
const stateBytes = fc.constantFrom(500, 3000, 1e8);

/** So many keys behind a wildcard that they are found by one scan for their literals. */
const openKeys = fc.array(
  fc.tuple(fc.constantFrom('.*', '.*', '.+'), word, key, suffix).map((parts) => parts.join('')),
  { minLength: 12, maxLength: 40 },
);

function expectLoop(patterns: readonly string[], subjects: readonly string[], bytes: number): void {
  const set = compileSet(patterns, { limits: { stateBytes: bytes } });
  const alone = patterns.map((pattern) => compile(pattern));
  for (const subject of subjects) {
    const expected = alone.flatMap((pattern, i) => (pattern.fullmatch(subject) ? [i] : []));
    expect(set.allFullmatches(subject)).toEqual(expected);
    expect(set.firstFullmatch(subject)).toBe(expected[0] ?? -1);
  }
}

it('a set answers as a loop over its patterns, each matched alone by the backtracking machine', () => {
  fc.assert(fc.property(keys, names, stateBytes, expectLoop), { numRuns: 500 });
}, 60_000);

it('so does a set of which most keys begin with a wildcard, whatever names it was asked about before', () => {
  fc.assert(fc.property(openKeys, names, stateBytes, expectLoop), { numRuns: 300 });
}, 60_000);
