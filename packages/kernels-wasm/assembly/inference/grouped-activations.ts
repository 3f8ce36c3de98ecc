import {
  RECORD_BYTES,
  RECORD_PAIR,
  RECORD_START,
  RECORD_SUM,
  RECORD_ZERO,
  codesOf,
  columnsOf,
  groupLengthOf,
  offsetOf,
  recordsOf,
  widenedOf,
  zeroPointsOf,
} from './grouped-layout';

/** Makes the records of rows, and their widened codes where the step asks for them. */
export function groupActivations(args: usize, from: i32, to: i32, own: usize): void {
  const columns = columnsOf(args);
  const length = groupLengthOf(args);
  const offset = offsetOf(args);
  const groups = columns / length;
  for (let row = from; row < to; row++) {
    let at = codesOf(args) + <usize>(row * columns);
    const zero = load<i32>(zeroPointsOf(args) + ((<usize>row) << 2));
    const widened = widenedOf(args);
    if (widened != 0) widen(at, columns, zero, widened + ((<usize>(row * columns)) << 1));
    let record = recordsOf(args) + <usize>(row * groups) * RECORD_BYTES;
    for (let group = 0; group < groups; group++, at += length, record += RECORD_BYTES) {
      const sum = sumOf(at, length);
      // Widened codes have no zero point left.
      const shifted = sum - zero * length;
      const counted = widened == 0 ? sum : shifted;
      const left = widened == 0 ? -zero : 0;
      store<i32>(record, -offset * counted, RECORD_START);
      store<i16>(record, <i16>-counted, RECORD_PAIR);
      store<i16>(record, <i16>left, RECORD_PAIR + 2);
      store<f32>(record, <f32>shifted, RECORD_SUM);
      store<i16>(record, <i16>left, RECORD_ZERO);
      store<i16>(record, <i16>left, RECORD_ZERO + 2);
    }
  }
}

function sumOf(at: usize, length: i32): i32 {
  let sums = i32x4.splat(0);
  let done = 0;
  for (; done + 16 <= length; done += 16) {
    const pairs = i16x8.extadd_pairwise_i8x16_s(v128.load(at + done));
    sums = i32x4.add(sums, i32x4.extadd_pairwise_i16x8_s(pairs));
  }
  sums = i32x4.add(sums, v128.shuffle<i32>(sums, sums, 2, 3, 0, 1));
  let sum = i32x4.extract_lane(sums, 0) + i32x4.extract_lane(sums, 1);
  for (; done < length; done++) sum += load<i8>(at + done);
  return sum;
}

/** Eight codes at a time; there is room behind the last. */
function widen(at: usize, count: i32, zero: i32, to: usize): void {
  const zeros = i16x8.splat(<i16>zero);
  for (let done = 0; done < count; done += 8) {
    const codes = i16x8.sub(v128.load_ext<i8>(at + done), zeros);
    v128.store(to + ((<usize>done) << 1), v128.shuffle<i16>(codes, codes, 0, 2, 1, 3, 4, 6, 5, 7));
  }
}
