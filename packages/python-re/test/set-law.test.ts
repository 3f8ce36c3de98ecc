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

/** Of so few characters that random strings get far in a pattern. */
const close = fc.array(fc.constantFrom('a', 'b', '1', '.'), { maxLength: 6 }).map((characters) => characters.join(''));
const closePieces = fc
  .array(
    fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom('a', 'b', '1', '\\.') },
      {
        weight: 3,
        arbitrary: fc.constantFrom('.*', '.', '[ab]+', '\\d*', '(?:a|b1)', '(?:ab)?', '[^.]{1,2}', '[ab1]+'),
      },
      { weight: 1, arbitrary: fc.constantFrom('\\b', '(?:a1|b)*', '.+', '[ab.]{2,3}') },
    ),
    { minLength: 1, maxLength: 5 },
  )
  .map((pieces) => pieces.join(''));
const begun = (starts: readonly string[]): fc.Arbitrary<string> =>
  fc.tuple(fc.constantFrom(...starts), closePieces).map((parts) => parts.join(''));
/** Many keys of one beginning each, so that each way of taking a set of them apart is met. */
const closeKeys = fc
  .tuple(
    fc.oneof(
      fc.array(begun(['', 'a', 'ab', 'ab1']), { maxLength: 30 }),
      fc.array(begun(['.*', '.*', '.+', '.*a', '.*b1']), { minLength: 12, maxLength: 30 }),
      fc.array(begun(['[ab]+', '[ab1]{1,3}', '\\d*', '[ab.]{2,4}']), { minLength: 24, maxLength: 40 }),
    ),
    fc.array(fc.oneof(begun(['']), fc.constantFrom('(?!.*b1).*', 'a.*(?<!b)', '(?=a).*1', 'b(?>a|ab)b')), {
      maxLength: 2,
    }),
  )
  .map((lists) => lists.flat());
const none = ['', 'a', 'b', '1', '.'];
const everyShort = none.flatMap((first) => none.map((second) => first + second));

function sharedClasses(patterns: readonly string[], given: readonly string[], bytes: number): number {
  const set = compileSet(patterns, { limits: { stateBytes: bytes } });
  const asked = compileSet(patterns);
  const ends = [...new Set([...everyShort, ...given.map((text) => text.slice(-4))])];
  const answers: Map<number, { readonly beginning: string; readonly said: string }> = new Map();
  let shared = 0;
  for (const beginning of [...everyShort, ...given, ...given.map((text) => text.slice(2))]) {
    const after = set.classAfter(beginning);
    // As it is asked in earnest: the names in between leave their traces in the automata.
    set.allFullmatches(`${beginning}${ends[0] ?? ''}`);
    if (after === -1) continue;
    const said = ends.map((end) => asked.allFullmatches(beginning + end).join()).join(';');
    const known = answers.get(after);
    if (known === undefined) answers.set(after, { beginning, said });
    else {
      expect(said, `after ${beginning} as after ${known.beginning}`).toBe(known.said);
      shared += known.beginning === beginning ? 0 : 1;
    }
  }
  return shared;
}

it('after two beginnings of one class, the same rest makes names that the same patterns match', () => {
  let shared = 0;
  const law = (...given: Parameters<typeof sharedClasses>): void => void (shared += sharedClasses(...given));
  fc.assert(fc.property(closeKeys, fc.array(close, { minLength: 10, maxLength: 30 }), stateBytes, law), {
    numRuns: 400,
  });
  // Or the law would hold because no two beginnings were ever found alike.
  expect(shared).toBeGreaterThan(1000);
}, 120_000);

it('experts that no key tells apart are of one class, and others are not', () => {
  const set = compileSet([
    '.*up_proj',
    'experts\\.7\\.down_proj',
    'experts\\.\\d+\\.gate',
    '.*\\.(?:a|b)',
    'x',
    'y',
    'z',
    'w',
    'v',
  ]);
  const [first, second, seventh] = ['3', '12', '7'].map((expert) => set.classAfter(`experts.${expert}.`));
  expect(first).toBeGreaterThanOrEqual(0);
  expect(second).toBe(first);
  expect(seventh).not.toBe(first);
});

it('no class is told where a machine decides, a pattern is broken, a newline came or half a character', () => {
  expect(compileSet(['(a)\\1']).classAfter('a')).toBe(-1);
  expect(compileSet(['(']).classAfter('a')).toBe(-1);
  expect(compileSet(['a']).classAfter('a\n')).toBe(-1);
  expect(compileSet(['.']).classAfter('\ud83d')).toBe(-1);
});
