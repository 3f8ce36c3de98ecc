import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PLAIN_BASE64 } from '../../src/generated/modules.ts';
import { createWorkspace } from '../../src/memory/workspace.ts';

const module = await WebAssembly.compile(Buffer.from(PLAIN_BASE64, 'base64'));

describe('the memory of a backend', () => {
  it('never moves, hands out twice or overwrites a buffer that is held, whatever is asked of it', () => {
    const size = fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 60_000, max: 3_000_000 }));
    const step = fc.oneof(
      fc.record({ kind: fc.constant('allocate' as const), size }),
      fc.record({ kind: fc.constant('release' as const), which: fc.nat() }),
      fc.record({ kind: fc.constant('work' as const), size, foreign: size, which: fc.nat() }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const workspace = createWorkspace(module);
        const held: { readonly buffer: Uint8Array; readonly mark: number }[] = [];
        for (const [at, one] of steps.entries()) {
          const mark = at + 1;
          if (one.kind === 'allocate') {
            const buffer = workspace.allocate(one.size);
            expect(buffer.length).toBe(one.size);
            held.push({ buffer: buffer.fill(mark), mark });
          } else if (one.kind === 'release' && held.length > 0) {
            for (const { buffer } of held.splice(one.which % held.length, 1)) workspace.release(buffer);
          } else if (one.kind === 'work') {
            const foreign = new Uint8Array(one.foreign).fill(mark);
            const own = held[one.which % Math.max(1, held.length)];
            const inputs = own === undefined ? [foreign] : [own.buffer, foreign];
            const frame = workspace.frame(inputs, [one.size, 7]);
            for (const [index, input] of inputs.entries()) {
              const seen = new Uint8Array(frame.buffer, frame.inputs[index], input.length);
              expect(seen.every((byte) => byte === (index === inputs.length - 1 ? mark : own?.mark))).toBe(true);
            }
            for (const piece of frame.pieces) new Uint8Array(frame.buffer, piece, 7).fill(0xee);
            new Uint8Array(frame.buffer, frame.pieces[0], one.size).fill(0xee);
          }
          for (const { buffer, mark: own } of held) expect(buffer.every((byte) => byte === own)).toBe(true);
        }
      }),
      { seed: 1, numRuns: 60 },
    );
  });

  it('reads an input where it lies when that is in its memory', () => {
    const workspace = createWorkspace(module);
    const buffer = workspace.allocate(1000);
    const { inputs, buffer: memory } = workspace.frame([buffer.subarray(3, 500)], [500]);
    expect(inputs).toEqual([buffer.byteOffset + 3]);
    expect(memory).toBe(buffer.buffer);
  });

  it('takes a buffer back once, and no other', () => {
    const workspace = createWorkspace(module);
    const buffer = workspace.allocate(100);
    workspace.release(buffer);
    workspace.release(workspace.allocate(0));
    for (const other of [buffer, new Uint8Array(5)]) {
      expect(() => {
        workspace.release(other);
      }).toThrow(expect.objectContaining({ code: 'FEWBIT_PLAN_INVALID' }));
    }
  });

  it('says so when an operation needs more than kernels can address', () => {
    const workspace = createWorkspace(module);
    expect(() => workspace.frame([], [5e9])).toThrow(/Quantize the tensor in ranges/);
  });
});
