import { BYTES } from './dot.ts';
import { vectorStatistics } from './statistics.ts';

/** How weights lie on the device, sixteen bytes at a time. Rows are padded to whole vectors with zeros. */
export type CodecName = 'int4' | 'int8' | 'int8-any' | 'half' | 'float';

/** What kernels for activations in f32 need to know of a codec. */
export interface Codec {
  /** Weights in one vector of four words. */
  readonly perVector: number;
  readonly declarations: string;
  /** Expression: the block of a row and vector, read once. */
  readonly load: (row: string, vector: string) => string;
  /** Expression: four weights from a block of that, as f32: the quad-th of it. */
  readonly quad: (block: string, row: string, vector: string, quad: number) => string;
}

const COMPONENTS = ['x', 'y', 'z', 'w'] as const;
const component = (at: number): string => COMPONENTS[at] ?? 'x';

const STATISTICS_BLOCK = /* wgsl */ `
struct Block {
  words: vec4<u32>,
  statistics: Statistics,
}

fn blockOf(row: u32, vector: u32) -> Block {
  return Block(weights[row * (params.stride / CODES) + vector], statisticsOf(row, vector));
}

fn valuesOf(codes: vec4<i32>, zero: i32, scale: f32, shift: f32) -> vec4<f32> {
  return vec4<f32>(codes - vec4<i32>(zero)) * scale + vec4<f32>(shift);
}
`;

function coded(perVector: number, offset: number, codes: (quad: number) => [word: string, codes: string]): Codec {
  return {
    perVector,
    declarations: `${vectorStatistics(perVector, offset)}${STATISTICS_BLOCK.replaceAll('CODES', `${perVector}u`)}`,
    load: (row, vector) => `blockOf(${row}, ${vector})`,
    quad: (block, _row, _vector, quad) => {
      const [word, expression] = codes(quad);
      const { zero, scale, shift } = {
        zero: `${block}.statistics.zero.${word}`,
        scale: `${block}.statistics.scale.${word}`,
        shift: `${block}.statistics.shift.${word}`,
      };
      return `valuesOf(${expression.replaceAll('WORD', `${block}.words.${word}`)}, ${zero}, ${scale}, ${shift})`;
    },
  };
}

const int8 = coded(16, 0, (quad) => [component(quad), 'bytesOf(WORD)']);
const int4 = coded(32, 8, (quad) => [component(quad >> 1), `nibblesOf(WORD >> ${4 * (quad & 1)}u)`]);

function plain(perVector: number, quads: readonly string[]): Codec {
  return {
    perVector,
    declarations: '',
    load: (row, vector) => `weights[${row} * (params.stride / ${perVector}u) + ${vector}]`,
    quad: (block, _row, _vector, quad) => (quads[quad] ?? '').replaceAll('BLOCK', block),
  };
}

export const CODECS: Readonly<Record<CodecName, Codec>> = {
  /** Bytes in groups of a row that words do not straddle. */
  int8: { ...int8, declarations: `${BYTES}${int8.declarations}` },
  /** Nibbles plus 8, unsigned: a word's low ones are codes 0 to 3 of eight, its high ones 4 to 7. */
  int4: {
    ...int4,
    declarations: /* wgsl */ `
fn nibblesOf(word: u32) -> vec4<i32> {
  return vec4<i32>((vec4<u32>(word) >> vec4<u32>(0u, 8u, 16u, 24u)) & vec4<u32>(15u));
}
${int4.declarations}`,
  },
  /** Bytes in blocks of any shape: each has its statistics looked up. */
  'int8-any': {
    perVector: 16,
    declarations: /* wgsl */ `${BYTES}
fn valueAt(code: i32, row: u32, k: u32) -> f32 {
  let element = (params.firstRow + row) * params.inFeatures + min(k, params.inFeatures - 1u);
  let at = element / (params.viewLength * params.viewInner) * params.viewInner + element % params.viewInner;
  return f32(code - zeroAt(at)) * scaleAt(at) + shiftAt(at);
}

fn valuesAt(codes: vec4<i32>, row: u32, k: u32) -> vec4<f32> {
  return vec4<f32>(
    valueAt(codes.x, row, k),
    valueAt(codes.y, row, k + 1u),
    valueAt(codes.z, row, k + 2u),
    valueAt(codes.w, row, k + 3u),
  );
}
`,
    load: (row, vector) => `weights[${row} * (params.stride / 16u) + ${vector}]`,
    quad: (block, row, vector, quad) =>
      `valuesAt(bytesOf(${block}.${component(quad)}), ${row}, ${vector} * 16u + ${4 * quad}u)`,
  },
  /** BF16 or F16, as stored. */
  half: plain(
    8,
    [0, 1].map((quad) => {
      const halves = [0, 1, 2, 3].map(
        (i) => `fromHalf(params.storedDtype, BLOCK.${component(2 * quad + (i >> 1))}, ${i & 1}u)`,
      );
      return `vec4<f32>(${halves.join(', ')})`;
    }),
  ),
  float: plain(4, ['bitcast<vec4<f32>>(BLOCK)']),
};
