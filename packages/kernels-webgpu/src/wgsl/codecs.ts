import { wgsl } from './wgsl.ts';
import { BYTES } from './dot.ts';
import { vectorStatistics } from './statistics.ts';

/** How weights lie on the device, sixteen bytes at a time. Rows are padded to whole vectors with zeros. */
export type CodecName = 'int4' | 'int8' | 'int8-any' | 'half' | 'float';

/** What kernels for activations in f32 need to know of a codec. */
export interface Codec {
  /** Weights in one vector of four words. */
  readonly perVector: number;
  /** Declares `Block`, `blockOf(row, vector)` and `quadOf(block, row, vector, quad)`: four weights of a block as f32. */
  readonly declarations: string;
}

/** Codes with the statistics of their words. */
function coded(perVector: number, offset: number, word: string, codes: string): Codec {
  return {
    perVector,
    declarations: wgsl`${vectorStatistics(perVector, offset)}
struct Block {
  words: vec4<u32>,
  statistics: Statistics,
}

fn blockOf(row: u32, vector: u32) -> Block {
  return Block(weights[row * (params.stride / ${perVector}u) + vector], statisticsOf(row, vector));
}

fn quadOf(block: Block, row: u32, vector: u32, quad: u32) -> vec4<f32> {
  let at = ${word};
  let codes = ${codes};
  return vec4<f32>(codes - vec4<i32>(block.statistics.zero[at])) * block.statistics.scale[at]
    + vec4<f32>(block.statistics.shift[at]);
}
`,
  };
}

/** Words alone. */
function plain(perVector: number, values: string): Codec {
  return {
    perVector,
    declarations: wgsl`
alias Block = vec4<u32>;

fn blockOf(row: u32, vector: u32) -> Block {
  return weights[row * (params.stride / ${perVector}u) + vector];
}

fn quadOf(block: Block, row: u32, vector: u32, quad: u32) -> vec4<f32> {
  ${values}
}
`,
  };
}

const int8 = coded(16, 0, 'quad', 'bytesOf(block.words[at])');
const int4 = coded(32, 8, 'quad >> 1u', 'nibblesOf(block.words[at] >> (4u * (quad & 1u)))');
const any = plain(
  16,
  wgsl`let codes = bytesOf(block[quad]);
  var values: vec4<f32>;
  for (var i = 0u; i < 4u; i += 1u) {
    let k = min(16u * vector + 4u * quad + i, params.inFeatures - 1u);
    let element = (params.firstRow + row) * params.inFeatures + k;
    let at = element / (params.viewLength * params.viewInner) * params.viewInner + element % params.viewInner;
    values[i] = f32(codes[i] - zeroAt(at)) * scaleAt(at) + shiftAt(at);
  }
  return values;`,
);

export const CODECS: Readonly<Record<CodecName, Codec>> = {
  /** Bytes in groups of a row that words do not straddle. */
  int8: { ...int8, declarations: `${BYTES}${int8.declarations}` },
  /** Nibbles plus 8, unsigned: a word's low ones are codes 0 to 3 of eight, its high ones 4 to 7. */
  int4: {
    ...int4,
    declarations: wgsl`
fn nibblesOf(word: u32) -> vec4<i32> {
  return vec4<i32>((vec4<u32>(word) >> vec4<u32>(0u, 8u, 16u, 24u)) & vec4<u32>(15u));
}
${int4.declarations}`,
  },
  /** Bytes in blocks of any shape: each has its statistics looked up. */
  'int8-any': { ...any, declarations: `${BYTES}${any.declarations}` },
  /** BF16 or F16, as stored. */
  half: plain(
    8,
    wgsl`let first = block[2u * quad];
  let second = block[2u * quad + 1u];
  let dtype = params.storedDtype;
  return vec4<f32>(
    fromHalf(dtype, first, 0u), fromHalf(dtype, first, 1u), fromHalf(dtype, second, 0u), fromHalf(dtype, second, 1u),
  );`,
  ),
  float: plain(4, 'return bitcast<vec4<f32>>(block);'),
};
