import fc from 'fast-check';
import { InvalidCheckpointError } from '@fewbit/core';
import { expect, test } from 'vitest';

import { JsonScanner, MAX_NESTING } from '../src/json/json-scanner.ts';

const seed = 20_260_801;

function accepts(text: string): boolean {
  const scanner = new JsonScanner(text, 'text');
  try {
    scanner.skip();
    scanner.end();
    return true;
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidCheckpointError);
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
      expect(new JsonScanner(escaped, 'text').string()).toBe(text);
    }),
    { seed, numRuns: 2000 },
  );
});

test('counts are exact up to 2^53 - 1 and refused above', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 70n }), (value) => {
      const scan = (): number => new JsonScanner(String(value), 'text').count();
      if (value <= Number.MAX_SAFE_INTEGER) expect(scan()).toBe(Number(value));
      else expect(scan).toThrow(InvalidCheckpointError);
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
