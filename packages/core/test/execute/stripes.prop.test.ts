import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createStripes } from '../../src/execute/stripes.ts';
import type { PlannedOutput } from '../../src/index.ts';

const STRIDE = 24;
const LINES = 4;

function output(begin: number): PlannedOutput {
  return { name: `at ${begin}`, dtype: 'U8', shape: [LINES, STRIDE], file: 0, begin, byteLength: LINES * STRIDE };
}

const stripe = fc.record({
  output: fc.constantFrom(output(0), output(LINES * STRIDE)),
  column: fc.integer({ min: 0, max: STRIDE - 1 }),
  length: fc.integer({ min: 1, max: 8 }),
  lines: fc.integer({ min: 1, max: LINES }),
  value: fc.integer({ min: 1, max: 255 }),
});

describe('stripes', () => {
  it('leave the bytes that writing each run at once leaves, whatever order and overlap they come in', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(stripe, { maxLength: 12 }), async (written) => {
        const seen = new Uint8Array(2 * LINES * STRIDE);
        const expected = seen.slice();
        const stripes = createStripes((to, offset, bytes) => {
          seen.set(bytes, to.begin + offset);
          return Promise.resolve();
        });
        for (const { output: to, column, lines, value, ...rest } of written) {
          const length = Math.min(rest.length, STRIDE - column);
          const bytes = new Uint8Array(lines * length).fill(value);
          await stripes.add(to, column, bytes, { length, stride: STRIDE });
          bytes.fill(0);
          for (let line = 0; line < lines; line += 1) {
            const at = to.begin + column + line * STRIDE;
            expected.fill(value, at, at + length);
          }
        }
        await stripes.flush();
        expect(seen).toEqual(expected);
      }),
    );
  });

  it('cost one write for each line when they lie side by side, so that small runs do not slow a job down', async () => {
    let writes = 0;
    const stripes = createStripes(() => {
      writes += 1;
      return Promise.resolve();
    });
    for (let column = 0; column < STRIDE; column += 2) {
      await stripes.add(output(0), column, new Uint8Array(2 * LINES), { length: 2, stride: STRIDE });
    }
    await stripes.flush();
    expect(writes).toBe(LINES);
  });
});
