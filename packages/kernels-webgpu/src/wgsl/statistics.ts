import { wgsl } from './wgsl.ts';
import { FLAGS } from './interface.ts';

/** Scales and zero points of a weight, one by one. (Functions return once, at their end: compilers that inline like it better.) */
export const STATISTICS: string = wgsl`
fn statisticOf(row: u32, k: u32) -> u32 {
  var group = k >> (params.groupShift & 31u);
  if (params.groupShift == 32u) {
    group = k / params.groupSize;
  }
  return row * params.groups + min(group, params.groups - 1u);
}

fn storedAt(at: u32, word: u32) -> f32 {
  return select(fromHalf(params.storedDtype, word, at & 1u), bitcast<f32>(word), params.storedDtype == 0u);
}

fn storedWord(at: u32) -> u32 {
  return select(at >> 1u, at, params.storedDtype == 0u);
}

fn scaleAt(at: u32) -> f32 {
  return storedAt(at, scales[storedWord(at)]);
}

fn zeroAt(at: u32) -> i32 {
  var zero = 0;
  if ((params.flags & ${FLAGS.zeroPoints}u) != 0u) {
    zero = extractBits(i32(zeros[at >> 2u]), 8u * (at & 3u), 8u);
  }
  return zero;
}

fn shiftAt(at: u32) -> f32 {
  var shift = 0.0;
  if ((params.flags & ${FLAGS.shifts}u) != 0u) {
    shift = storedAt(at, zeros[storedWord(at)]);
  }
  return shift;
}
`;

/** Those of the four words of a vector that holds `codes` codes, of which `offset` stands for 0. */
export function vectorStatistics(codes: number, offset: number): string {
  return wgsl`
struct Statistics {
  scale: vec4<f32>,
  zero: vec4<i32>,
  shift: vec4<f32>,
}

fn statisticsOf(row: u32, vector: u32) -> Statistics {
  var result: Statistics;
  let words = select(1u, 4u, (params.flags & ${FLAGS.statsPerWord}u) != 0u);
  for (var word = 0u; word < words; word += 1u) {
    let at = statisticOf(row, vector * ${codes}u + word * ${codes / 4}u);
    result.scale[word] = scaleAt(at);
    result.zero[word] = zeroAt(at) + ${offset};
    result.shift[word] = shiftAt(at);
  }
  if (words == 1u) {
    result.scale = vec4<f32>(result.scale.x);
    result.zero = vec4<i32>(result.zero.x);
    result.shift = vec4<f32>(result.shift.x);
  }
  return result;
}
`;
}
