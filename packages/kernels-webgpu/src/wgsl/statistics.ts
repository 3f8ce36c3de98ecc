import { FLAGS } from './interface.ts';

/** Scales and zero points of a weight, one by one. */
export const STATISTICS = /* wgsl */ `
fn statisticOf(row: u32, k: u32) -> u32 {
  var group = 0u;
  if (params.groupShift < 32u) {
    group = k >> params.groupShift;
  } else {
    group = k / params.groupSize;
  }
  return row * params.groups + min(group, params.groups - 1u);
}

fn storedAt(at: u32, word: u32) -> f32 {
  if (params.storedDtype == 0u) {
    return bitcast<f32>(word);
  }
  return fromHalf(params.storedDtype, word, at & 1u);
}

fn storedWord(at: u32) -> u32 {
  return select(at >> 1u, at, params.storedDtype == 0u);
}

fn scaleAt(at: u32) -> f32 {
  return storedAt(at, scales[storedWord(at)]);
}

fn zeroAt(at: u32) -> i32 {
  if ((params.flags & ${FLAGS.zeroPoints}u) == 0u) {
    return 0;
  }
  return extractBits(i32(zeros[at >> 2u]), 8u * (at & 3u), 8u);
}

fn shiftAt(at: u32) -> f32 {
  if ((params.flags & ${FLAGS.shifts}u) == 0u) {
    return 0.0;
  }
  return storedAt(at, zeros[storedWord(at)]);
}
`;

/** Those of the four words of a vector that holds `codes` codes, of which `offset` stands for 0. */
export function vectorStatistics(codes: number, offset: number): string {
  return /* wgsl */ `
struct Statistics {
  scale: vec4<f32>,
  zero: vec4<i32>,
  shift: vec4<f32>,
}

fn statisticsOf(row: u32, vector: u32) -> Statistics {
  let k = vector * ${codes}u;
  let first = statisticOf(row, k);
  var result = Statistics(vec4<f32>(scaleAt(first)), vec4<i32>(zeroAt(first) + ${offset}), vec4<f32>(shiftAt(first)));
  if ((params.flags & ${FLAGS.statsPerWord}u) != 0u) {
    for (var word = 1u; word < 4u; word += 1u) {
      let at = statisticOf(row, k + word * ${codes / 4}u);
      result.scale[word] = scaleAt(at);
      result.zero[word] = zeroAt(at) + ${offset};
      result.shift[word] = shiftAt(at);
    }
  }
  return result;
}
`;
}
