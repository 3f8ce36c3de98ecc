import { wgsl } from './wgsl.ts';
import { CODECS, type CodecName } from './codecs.ts';
import { BYTES, dotPiece } from './dot.ts';
import type { ShaderFeatures } from './features.ts';
import { FINISH_CODES, FINISH_EXACT, FINISH_FLOAT } from './finish.ts';
import type { IntegerKind } from './integer.ts';
import { FLAGS, linearBindings } from './interface.ts';
import { NUMBERS, storedFloats } from './numbers.ts';
import { sharedRows, type SharedRows } from './shared-rows.ts';
import { STATISTICS } from './statistics.ts';
import { PREFILL_LANES, PREFILL_OUTPUTS, PREFILL_ROWS } from './tiles.ts';

/**
 * For many rows of activations: a lane makes PREFILL_ROWS results for each of two rows of the weight, which it reads sixteen bytes at a
 * time and makes f32 in registers, once for all its results. All lanes of a workgroup have the same rows of activations.
 */
export function prefillFloat(codecName: CodecName, features: ShaderFeatures): string {
  const codec = CODECS[codecName];
  const quads = codec.perVector / 4;
  const shared = sharedRows(features, 'params.inStride / 4u');
  return wgsl`${shared.head}${linearBindings('vec4<f32>')}${NUMBERS}${storedFloats(features.f16)}${STATISTICS}${codec.declarations}${FINISH_FLOAT}${main(
    'f32',
    shared,
    '',
    wgsl`
  for (var vector = 0u; vector < params.stride / ${codec.perVector}u; vector += 1u) {
    ${own((j) => `let block${j} = blockOf(row${j}, vector);`)}
    for (var quad = 0u; quad < ${quads}u; quad += 1u) {
      ${own((j) => `let w${j} = quadOf(block${j}, row${j}, vector, quad);`)}
      ${shared.load(`vector * ${quads}u + quad`)}
      ${rows((i) => `{ let x = ${shared.row(i)}; sums${i} += vec2<f32>(${owned((j) => `dot(x, w${j})`)}); }`)}
    }
  }`,
  )}`;
}

/** The same for activations in codes: sums of integers, of a whole row or of each group of it. */
export function prefillInteger(kind: IntegerKind, features: ShaderFeatures): string {
  const shared = sharedRows(features, 'params.stride / 16u');
  const exact = kind === 'exact';
  const pieces = [
    linearBindings('vec4<u32>'),
    NUMBERS,
    storedFloats(features.f16),
    STATISTICS,
    features.packedDot ? '' : BYTES,
    dotPiece(features.packedDot),
    TOTAL,
    exact ? FINISH_EXACT : FINISH_CODES,
    kind === 'int4' ? INT4_WORDS : '',
  ];
  const zeros = rows((i) => `let zero${i} = rowScales[min(firstRow + ${i}u, params.rows - 1u)].zero;`);
  return wgsl`${shared.head}${pieces.join('')}${exact ? main('i32', shared, '', exactLoop(shared)) : main('f32', shared, zeros, groupedLoop(kind, shared))}`;
}

const TOTAL = wgsl`
fn total(x: vec4<u32>, w: vec4<u32>) -> i32 {
  return dot4(x.x, w.x) + dot4(x.y, w.y) + dot4(x.z, w.z) + dot4(x.w, w.w);
}
`;

// Bytes less their zero point: from 0x80 to 0x8f less at most 128, so that no byte borrows from the next (see formOf).
const INT4_WORDS = wgsl`
fn wordsOf(block: vec4<u32>, half: u32, zero: u32) -> vec4<u32> {
  let pair = select(block.xy, block.zw, half == 1u);
  let nibbles = vec4<u32>(pair.x, pair.x >> 4u, pair.y, pair.y >> 4u) & vec4<u32>(0x0f0f0f0fu);
  return ((nibbles | vec4<u32>(0x80808080u)) - vec4<u32>(zero * 0x01010101u)) ^ vec4<u32>(0x80808080u);
}
`;

function exactLoop(shared: SharedRows): string {
  return wgsl`
  for (var vector = 0u; vector < params.stride / 16u; vector += 1u) {
    ${own((j) => `let w${j} = weights[row${j} * (params.stride / 16u) + vector];`)}
    ${shared.load('vector')}
    ${rows((i) => `{ let x = ${shared.row(i)}; sums${i} += vec2<i32>(${owned((j) => `total(x, w${j})`)}); }`)}
  }`;
}

/**
 * One loop over sixteen codes at a time, with few variables that live from one turn to the next. Where they are of several groups,
 * each has a turn, with all other codes as zeros: groups are rarely that short. A nibble loses its zero point while it is a byte; a
 * byte would need a ninth bit, so its zero point multiplies sums of activations.
 */
function groupedLoop(kind: 'int4' | 'int8', shared: SharedRows): string {
  const nibbles = kind === 'int4';
  const words = (j: number): string =>
    nibbles
      ? `wordsOf(weights[row${j} * (params.stride / 32u) + (step >> 1u)], step & 1u, u32(zeros[${j}] + 8))`
      : `weights[row${j} * (params.stride / 16u) + step]`;
  return wgsl`
  let spanShift = min(2u, countTrailingZeros(params.spanWords));
  for (var turn = 0u; turn < ((params.stride / 4u) >> spanShift); turn += 1u) {
    let step = (turn << spanShift) >> 2u;
    let firstWord = (turn << spanShift) & 3u;
    let inSpan = (vec4<u32>(0u, 1u, 2u, 3u) >> vec4<u32>(spanShift)) == vec4<u32>(firstWord >> spanShift);
    let mask = select(vec4<u32>(0u), vec4<u32>(0xffffffffu), inSpan);
    ${own((j) => `let at${j} = statisticOf(row${j}, 16u * step + 4u * firstWord);`)}
    let scale = vec2<f32>(${owned((j) => `scaleAt(at${j})`)});
    let zeros = vec2<i32>(${owned((j) => `zeroAt(at${j})`)});
    ${own((j) => `let w${j} = ${words(j)} & mask;`)}
    let weightSums = vec2<i32>(${owned((j) => `total(w${j}, ${ONES})`)});
    ${shared.load('step')}
    ${rows((i) => `{ let x = ${shared.row(i)}; sums${i} += scale * vec2<f32>(vec2<i32>(${owned((j) => `total(x, w${j})`)}) - zero${i} * weightSums); }`)}${nibbles ? '' : shiftSums(shared)}
  }`;
}

function shiftSums(shared: SharedRows): string {
  return wgsl`
    if ((params.flags & ${FLAGS.zeroPoints}u) != 0u) {
      ${shared.make((x) => `total(${x}, ${ONES} & mask)`)}
      let count = 4 << spanShift;
      ${rows((i) => `sums${i} -= scale * vec2<f32>(zeros * (${shared.made(i)} - count * zero${i}));`)}
    }`;
}

const ONES = 'vec4<u32>(0x01010101u)';

// For each row of activations. In variables of their own: not every compiler unrolls a loop over an array of them.
function rows(line: (row: number) => string): string {
  return Array.from({ length: PREFILL_ROWS }, (_, row) => line(row)).join('\n      ');
}

// For each row of the weight that is a lane's own.
function own(line: (out: number) => string): string {
  return [0, 1].map(line).join('\n      ');
}

function owned(expression: (out: number) => string): string {
  return [0, 1].map(expression).join(', ');
}

function main(type: 'f32' | 'i32', shared: SharedRows, before: string, loop: string): string {
  return wgsl`
@compute @workgroup_size(${PREFILL_LANES})
fn main(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>${shared.inputs}) {
  let tile = params.firstTile + group.x + group.y * grid.x;
  let across = (params.cover + ${PREFILL_OUTPUTS - 1}u) / ${PREFILL_OUTPUTS}u;
  // Neighbouring lanes have neighbouring rows of the weight.
  let firstOut = tile % across * ${PREFILL_OUTPUTS}u + lane;
  let firstRow = tile / across * ${PREFILL_ROWS}u;
  if (firstRow >= params.rows) {
    return;
  }
  ${own((j) => `let row${j} = min(firstOut + ${PREFILL_LANES * j}u, params.outFeatures - 1u);`)}
  ${shared.before}
  ${before}
  ${rows((i) => `var sums${i} = vec2<${type}>();`)}
${loop}
  // A loop, for all that finishes a result is long.
  var results = array<vec2<${type}>, ${PREFILL_ROWS}>(${Array.from({ length: PREFILL_ROWS }, (_, i) => `sums${i}`).join(', ')});
  for (var i = 0u; i < ${2 * PREFILL_ROWS}u; i += 1u) {
    let row = firstRow + (i >> 1u);
    let out = firstOut + ${PREFILL_LANES}u * (i & 1u);
    if (row < params.rows && out < params.cover) {
      output[row * params.outStride + params.firstOut + out] = finish(results[i >> 1u][i & 1u], out, row);
    }
  }
}
`;
}
