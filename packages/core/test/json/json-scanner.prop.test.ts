import fc from 'fast-check';
import { expect, test } from 'vitest';
import { JsonScanner, MAX_NESTING } from '../../src/json/json-scanner.ts';

const seed = 20_260_801;

class NotJson extends Error {}

function scan(text: string, ascii: Uint8Array | null = null): JsonScanner {
  const fail = ({ message }: { readonly message: string }): never => {
    throw new NotJson(message);
  };
  return new JsonScanner(text, { fail }, 0, ascii);
}

/** The text as bytes; null when it is more than ASCII. */
function asciiOf(text: string): Uint8Array | null {
  const bytes = new TextEncoder().encode(text);
  return bytes.length === text.length ? bytes : null;
}

function accepts(text: string): boolean {
  const plain = takes(scan(text));
  expect(takes(scan(text, asciiOf(text)))).toBe(plain);
  return plain;
}

function takes(scanner: JsonScanner): boolean {
  try {
    scanner.skip();
    scanner.end();
    return true;
  } catch (error) {
    expect(error).toBeInstanceOf(NotJson);
    return false;
  }
}

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

test('the scanner takes every JSON text', () => {
  fc.assert(
    fc.property(
      fc.json({ noUnicodeString: false, maxDepth: 6 }),
      fc.constantFrom('', ' ', '\n\t\r '),
      (json, space) => {
        expect(accepts(space + json + space)).toBe(true);
      },
    ),
    { seed, numRuns: 2000 },
  );
});

// Pieces that make nearly valid JSON often; no name can occur twice and no escape can make half a pair.
const piece = fc.constantFrom(
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '"a"',
  '"\\u0041b"',
  '"',
  '\\',
  '1',
  '0',
  '-',
  '.5',
  'e3',
  '01',
  'true',
  'false',
  'null',
  'nul',
  ' ',
  '\n',
  '\u0001',
  '\u00a0',
  'ü',
);

test('the scanner and JSON.parse agree on what is JSON', () => {
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const text = pieces.join('');
      const repeats = (text.match(/"a"/g)?.length ?? 0) > 1 || (text.match(/\\u0041/g)?.length ?? 0) > 1;
      fc.pre(!repeats);
      expect(accepts(text)).toBe(parses(text));
    }),
    { seed, numRuns: 20_000 },
  );
});

test('strings come out as JSON.parse gives them', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.boolean(), (text, escapeAll) => {
      const plain = JSON.stringify(text);
      const escaped = escapeAll
        ? `"${Array.from({ length: text.length }, (_, at) => `\\u${text.charCodeAt(at).toString(16).padStart(4, '0')}`).join('')}"`
        : plain;
      expect(scan(escaped).string()).toBe(text);
      expect(scan(escaped, asciiOf(escaped)).string()).toBe(text);
    }),
    { seed, numRuns: 2000 },
  );
});

test('counts are exact up to 2^53 - 1 and refused above', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 70n }), (value) => {
      const text = String(value);
      const count = (): number => scan(text, value % 2n === 0n ? asciiOf(text) : null).count();
      if (value <= Number.MAX_SAFE_INTEGER) expect(count()).toBe(Number(value));
      else expect(count).toThrow(NotJson);
    }),
    { seed, numRuns: 2000 },
  );
});

test('nesting is bounded, so that no text can exhaust the stack', () => {
  const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
  expect(accepts(nested(MAX_NESTING))).toBe(true);
  expect(accepts(nested(MAX_NESTING + 1))).toBe(false);
  expect(accepts(nested(1_000_000))).toBe(false);
  expect(accepts('{"a":'.repeat(1_000_000))).toBe(false);
});

test('names that come twice are told of with their places, whatever their order and however they are escaped', () => {
  const name = fc.constantFrom('a', 'b', 'ab', '__proto__', 'ü', '"', '\n', 'x'.repeat(40));
  const spell = (text: string, escaped: boolean): string =>
    escaped
      ? `"${Array.from({ length: text.length }, (_, at) => `\\u${text.charCodeAt(at).toString(16).padStart(4, '0')}`).join('')}"`
      : JSON.stringify(text);
  fc.assert(
    fc.property(fc.array(fc.tuple(name, fc.boolean()), { maxLength: 12 }), (names) => {
      const members = names.map(([text, escaped]) => `${spell(text, escaped)}:0`);
      const places = members.map((_, index) => 1 + members.slice(0, index).join('').length + index);
      const expected = names.flatMap(([text], index) => {
        const first = names.findIndex(([other]) => other === text);
        return first < index ? [[text, places[first], places[index]]] : [];
      });
      const told: unknown[] = [];
      const scanner = new JsonScanner(`{${members.join(',')}}`, {
        fail: ({ message }) => {
          throw new NotJson(message);
        },
        duplicate: (...duplicate) => told.push(duplicate),
      });
      scanner.skip();
      scanner.end();
      expect(told).toEqual(expected);
    }),
    { seed, numRuns: 2000 },
  );
});
