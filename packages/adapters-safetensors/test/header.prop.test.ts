import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseHeader } from '../src/header/parse-header.ts';

interface Entry {
  readonly dtype: 'F32' | 'BF16';
  readonly shape: readonly number[];
  readonly style: keyof typeof STYLES;
}

// Every way in which a writer may put one entry; what it says is the same.
const STYLES = {
  reference: (dtype: string, shape: string, offsets: string) =>
    `{"dtype":"${dtype}","shape":${shape},"data_offsets":${offsets}}`,
  spaced: (dtype: string, shape: string, offsets: string) =>
    ` { "dtype" : "${dtype}", "shape": ${shape}, "data_offsets": ${offsets} } `,
  offsetsFirst: (dtype: string, shape: string, offsets: string) =>
    `{"data_offsets":${offsets},"dtype":"${dtype}","shape":${shape}}`,
  shapeFirst: (dtype: string, shape: string, offsets: string) =>
    `{"shape":${shape},"dtype":"${dtype}","data_offsets":${offsets}}`,
  moreBefore: (dtype: string, shape: string, offsets: string) =>
    `{"x":[1],"dtype":"${dtype}","shape":${shape},"data_offsets":${offsets}}`,
  moreAfter: (dtype: string, shape: string, offsets: string) =>
    `{"dtype":"${dtype}","shape":${shape},"data_offsets":${offsets},"x":{"data_offsets":[0,0]}}`,
  escaped: (dtype: string, shape: string, offsets: string) =>
    `{"dtype":"${dtype}","shape":${shape},"data\\u005foffsets":${offsets}}`,
};

const entry: fc.Arbitrary<Entry> = fc.record({
  dtype: fc.constantFrom('F32', 'BF16'),
  shape: fc.constantFrom([2, 3], [3, 2], [23], [2], []),
  style: fc.constantFrom('reference', 'spaced', 'offsetsFirst', 'shapeFirst', 'moreBefore', 'moreAfter', 'escaped'),
});

test('an entry reads alike however its writer put it and whatever stood before it', () => {
  fc.assert(
    fc.property(fc.array(entry, { minLength: 1, maxLength: 40 }), fc.boolean(), (entries, ascii) => {
      const members: string[] = [];
      const expected: object[] = [];
      let position = 0;
      for (const [index, { dtype, shape, style }] of entries.entries()) {
        const name = `${ascii ? 'e' : 'é'}${index}.weight`;
        const bytes = shape.reduce((product, extent) => product * extent, dtype === 'F32' ? 4 : 2);
        const render = STYLES[style];
        members.push(`"${name}":${render(dtype, JSON.stringify(shape), `[${position},${position + bytes}]`)}`);
        expected.push({ name, dtype, shape, begin: position, end: position + bytes });
        position += bytes;
      }
      const json = new TextEncoder().encode(`{${members.join(',')}}`);
      const dataBegin = 8 + json.length;
      const { tensors } = parseHeader(json, { where: 'a test', fileByteLength: dataBegin + position });
      expect(
        tensors.map(({ name, dtype, shape, begin, end }) => ({
          ...{ name, dtype, shape },
          ...{ begin: begin - dataBegin, end: end - dataBegin },
        })),
      ).toEqual(expected);
    }),
  );
});
