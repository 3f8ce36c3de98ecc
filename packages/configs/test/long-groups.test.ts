import { createReferenceBackend, fromFloat32, toFloat32 } from '@fewbit/core';
import { quantizeInMemory } from '@fewbit/core/testing';
import { expect, test } from 'vitest';
import { intxWeightOnly, type IntxDtype } from '../src/index.ts';
import { readGolden, weightOf } from './helpers/golden.ts';

interface LongGroup {
  readonly columns: number;
  readonly bits: number;
  readonly power: 1 | 3;
  /** Base64 of three f32. */
  readonly scale: string;
}

/** The weights of make_golden.py: 24 scrambled bits each, as a fraction; some cubed in f32. */
function scrambled(count: number, power: 1 | 3): Float32Array {
  return Float32Array.from({ length: count }, (_, index) => {
    const value = ((Math.imul(index, 2654435761) >>> 8) - 2 ** 23) / 2 ** 24;
    return power === 1 ? value : Math.fround(value * value) * value;
  });
}

test.each(readGolden('long-groups.json') as readonly LongGroup[])(
  'the HQQ scale of groups of $columns at $bits bits, power $power, is not added up as PyTorch does',
  async ({ columns, bits, power, scale }) => {
    const weight = {
      dtype: 'F32',
      shape: [3, columns],
      bytes: fromFloat32(scrambled(3 * columns, power), 'F32'),
    } as const;
    const config = intxWeightOnly({ weightDtype: `int${bits}` as IntxDtype, algorithm: 'HQQ_SCALE_ONLY' });
    const [, seen = new Uint8Array()] = await quantizeInMemory(
      config.quantizer(weightOf(weight)),
      weight,
      createReferenceBackend().quantizing,
    );
    expect(toFloat32(seen, 'F32')).toEqual(toFloat32(new Uint8Array(Buffer.from(scale, 'base64')), 'F32'));
  },
);
