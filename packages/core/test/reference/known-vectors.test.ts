import { describe, expect, test } from 'vitest';
import { createReferenceBackend, HQQ_ITERATIONS, type FloatDtype, type MappingType } from '../../src/index.ts';
import { BF16_VECTORS, F32_VECTORS, type KnownVector, type KnownVectors } from './known-vectors.ts';

const { quantizing } = createReferenceBackend();

describe.each([
  ['F32', F32_VECTORS],
  ['BF16', BF16_VECTORS],
] as const)('%s weights differ from torchao', (dtype, known: KnownVectors) => {
  const input = fromHex(known.weight);
  test.each(known.vectors)('$name', async (vector) => {
    expect(await quantized(input, dtype, vector)).toEqual({
      q: vector.q,
      s: vector.s,
      ...(vector.zp && { zp: vector.zp }),
    });
  });
});

async function quantized(
  input: Uint8Array,
  dtype: FloatDtype,
  { name, zp }: KnownVector,
): Promise<Omit<KnownVector, 'name'>> {
  const [family = '', kind = '', last = ''] = name.split(' ');
  if (family === 'int4') {
    // These groups of 16 are stored transposed: two groups to a row, two rows.
    const result = await quantizing.quantizeInt4({ input, dtype, view: { outer: 4, length: 16, inner: 1 } });
    return { q: hex(result.packed), s: hex(transposed(result.scale)), zp: hex(transposed(result.zeroPoint)) };
  }
  const intx = family === 'intx';
  const half = kind === 'int4' ? 8 : 128;
  const view = intx ? { outer: 4, length: 16, inner: 1 } : INT8_VIEWS[kind];
  if (view === undefined) throw new Error(`no view for ${name}`);
  const scheme = {
    qmin: -half,
    qmax: half - 1,
    mapping: last === 'asym' ? 'ASYMMETRIC' : intx ? (last as MappingType) : 'SYMMETRIC',
    eps: intx ? 2 ** -126 : 2 ** -23,
    scaleDtype: intx ? dtype : 'F32',
  } as const;
  const result =
    last === 'hqq'
      ? await quantizing.quantizeHqqScaleOnly({ input, dtype, view, ...scheme, iterations: await iterations() })
      : await quantizing.quantizeAffine({ input, dtype, view, ...scheme, extremes: null });
  return { q: hex(result.qdata), s: hex(result.scale), ...(zp !== undefined && { zp: hex(result.zeroPoint) }) };

  async function iterations(): Promise<number> {
    const changes = await quantizing.measureHqqScaleOnly({
      input,
      dtype,
      view: { outer: 4, length: 16, inner: 1 },
      qmin: -8,
      qmax: 7,
    });
    const settled = changes.findIndex((change) => change < Math.fround(1e-5));
    return settled < 0 ? HQQ_ITERATIONS : settled + 1;
  }
}

const INT8_VIEWS: Readonly<Record<string, { outer: number; length: number; inner: number }>> = {
  row: { outer: 2, length: 32, inner: 1 },
  tensor: { outer: 1, length: 64, inner: 1 },
  group8: { outer: 8, length: 8, inner: 1 },
};

function transposed(bytes: Uint8Array): Uint8Array {
  const width = bytes.length / 4;
  return Uint8Array.from([0, 2, 1, 3].flatMap((at) => [...bytes.subarray(at * width, (at + 1) * width)]));
}

function fromHex(text: string): Uint8Array {
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

function hex(bytes: Uint8Array | Int8Array): string {
  return Array.from(bytes, (byte) => (byte & 255).toString(16).padStart(2, '0')).join('');
}
