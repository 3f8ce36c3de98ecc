// How weights are kept: panels of 8 rows of W, which are 8 columns of the result. Within a panel, units of 1, 2 or 4 bytes of
// the 8 rows lie side by side: [units, 8].

/** Rows of W to a panel. */
export const PANEL: i32 = 8;

/** Bytes of a row that are taken at once: rows are filled with zeros to a multiple. */
export const PIECE: i32 = 16;

/**
 * Packs `rows` rows of `rowBytes` each into panels of [units, 8] units of `unit` bytes, whose bits are inverted where `flip`,
 * 32 bits again and again, says so. Behind the last row, it stands again; behind the end of each row, zeros. `paired`: units are
 * words, and each pair of them has one of the rows 0 to 3 and one of the rows 4 to 7; or bytes, which are paired in the same way,
 * and two pairs of the same rows lie side by side. Reads up to 15 bytes behind the end.
 */
export function packPanels(
  source: usize,
  rowBytes: i32,
  rows: i32,
  unit: i32,
  paired: bool,
  flip: i32,
  target: usize,
): void {
  const flips = i32x4.splat(flip);
  for (let row = 0; row < rows; row += PANEL) {
    const last = rows - 1 - row;
    const from = source + row * rowBytes;
    const row0 = from;
    const row1 = from + min(last, paired ? 4 : 1) * rowBytes;
    const row2 = from + min(last, paired ? 1 : 2) * rowBytes;
    const row3 = from + min(last, paired ? 5 : 3) * rowBytes;
    const row4 = from + min(last, paired ? 2 : 4) * rowBytes;
    const row5 = from + min(last, paired ? 6 : 5) * rowBytes;
    const row6 = from + min(last, paired ? 3 : 6) * rowBytes;
    const row7 = from + min(last, 7) * rowBytes;
    for (let at = 0; at < rowBytes; at += PIECE, target += PANEL * PIECE) {
      const kept = firstBytes(rowBytes - at);
      const piece0 = v128.and(v128.load(row0 + at), kept);
      const piece1 = v128.and(v128.load(row1 + at), kept);
      const piece2 = v128.and(v128.load(row2 + at), kept);
      const piece3 = v128.and(v128.load(row3 + at), kept);
      const piece4 = v128.and(v128.load(row4 + at), kept);
      const piece5 = v128.and(v128.load(row5 + at), kept);
      const piece6 = v128.and(v128.load(row6 + at), kept);
      const piece7 = v128.and(v128.load(row7 + at), kept);
      if (unit == 4) {
        store4(target, piece0, piece1, piece2, piece3, flips);
        store4(target + 16, piece4, piece5, piece6, piece7, flips);
      } else if (unit == 2) {
        const low01 = low16(piece0, piece1);
        const low23 = low16(piece2, piece3);
        const low45 = low16(piece4, piece5);
        const low67 = low16(piece6, piece7);
        store2(target, low32(low01, low23), low32(low45, low67));
        store2(target + 32, high32(low01, low23), high32(low45, low67));
        const high01 = high16(piece0, piece1);
        const high23 = high16(piece2, piece3);
        const high45 = high16(piece4, piece5);
        const high67 = high16(piece6, piece7);
        store2(target + 64, low32(high01, high23), low32(high45, high67));
        store2(target + 96, high32(high01, high23), high32(high45, high67));
      } else if (paired) {
        const low = v128.xor(low8(piece0, piece1), flips);
        const low1 = v128.xor(low8(piece2, piece3), flips);
        const low2 = v128.xor(low8(piece4, piece5), flips);
        const low3 = v128.xor(low8(piece6, piece7), flips);
        storePairs(target, low, low1, low2, low3);
        const high = v128.xor(high8(piece0, piece1), flips);
        const high1 = v128.xor(high8(piece2, piece3), flips);
        const high2 = v128.xor(high8(piece4, piece5), flips);
        const high3 = v128.xor(high8(piece6, piece7), flips);
        storePairs(target + 64, high, high1, high2, high3);
      } else {
        store1(target, low8(piece0, piece1), low8(piece2, piece3), low8(piece4, piece5), low8(piece6, piece7));
        store1(target + 64, high8(piece0, piece1), high8(piece2, piece3), high8(piece4, piece5), high8(piece6, piece7));
      }
    }
  }
}

/** Ones in that many bytes. */
function firstBytes(count: i32): v128 {
  const places = i8x16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  return i8x16.lt_s(places, i8x16.splat(<i8>min(count, PIECE)));
}

/** Four rows of four units of 4 bytes: columns of them, two panels' vectors apart. */
function store4(target: usize, row0: v128, row1: v128, row2: v128, row3: v128, flips: v128): void {
  const low01 = v128.xor(low32(row0, row1), flips);
  const low23 = v128.xor(low32(row2, row3), flips);
  const high01 = v128.xor(high32(row0, row1), flips);
  const high23 = v128.xor(high32(row2, row3), flips);
  v128.store(target, low64(low01, low23));
  v128.store(target, high64(low01, low23), 32);
  v128.store(target, low64(high01, high23), 64);
  v128.store(target, high64(high01, high23), 96);
}

/** Four units of 4 bytes of four pairs of rows. */
function storePairs(target: usize, rows04: v128, rows15: v128, rows26: v128, rows37: v128): void {
  store2(target, low32(rows04, rows15), low32(rows26, rows37));
  store2(target + 32, high32(rows04, rows15), high32(rows26, rows37));
}

/** Two units of the rows 0 to 3 each, and of the rows 4 to 7. */
function store2(target: usize, first: v128, second: v128): void {
  v128.store(target, low64(first, second));
  v128.store(target, high64(first, second), 16);
}

/** Eight units of two rows in each vector. */
function store1(target: usize, rows01: v128, rows23: v128, rows45: v128, rows67: v128): void {
  const low03 = low16(rows01, rows23);
  const low47 = low16(rows45, rows67);
  const high03 = high16(rows01, rows23);
  const high47 = high16(rows45, rows67);
  v128.store(target, low32(low03, low47));
  v128.store(target, high32(low03, low47), 16);
  v128.store(target, low32(high03, high47), 32);
  v128.store(target, high32(high03, high47), 48);
}

function low8(a: v128, b: v128): v128 {
  return v128.shuffle<i8>(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
}

function high8(a: v128, b: v128): v128 {
  return v128.shuffle<i8>(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
}

function low16(a: v128, b: v128): v128 {
  return v128.shuffle<i16>(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
}

function high16(a: v128, b: v128): v128 {
  return v128.shuffle<i16>(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
}

function low32(a: v128, b: v128): v128 {
  return v128.shuffle<i32>(a, b, 0, 4, 1, 5);
}

function high32(a: v128, b: v128): v128 {
  return v128.shuffle<i32>(a, b, 2, 6, 3, 7);
}

function low64(a: v128, b: v128): v128 {
  return v128.shuffle<i64>(a, b, 0, 2);
}

function high64(a: v128, b: v128): v128 {
  return v128.shuffle<i64>(a, b, 1, 3);
}

/** Sums of codes, i32[rows]. */
export function sumCodes(source: usize, columns: i32, rows: i32, target: usize): void {
  for (let row = 0; row < rows; row++, target += 4) {
    const end = source + columns;
    let sums = i32x4.splat(0);
    for (; source + PIECE <= end; source += PIECE) {
      sums = i32x4.add(sums, i32x4.extadd_pairwise_i16x8_s(i16x8.extadd_pairwise_i8x16_s(v128.load(source))));
    }
    let sum =
      i32x4.extract_lane(sums, 0) +
      i32x4.extract_lane(sums, 1) +
      i32x4.extract_lane(sums, 2) +
      i32x4.extract_lane(sums, 3);
    for (; source < end; source++) sum += load<i8>(source);
    store<i32>(target, sum);
  }
}

/** Stores a row's results for one panel, of which the last may have fewer columns than eight. */
export function storeResults(at: usize, low: v128, high: v128, columns: i32): void {
  if (columns >= PANEL) {
    v128.store(at, low);
    v128.store(at, high, 16);
    return;
  }
  if (columns & 4) {
    v128.store(at, low);
    at += 16;
    low = high;
  }
  if (columns & 2) {
    v128.store64_lane(at, low, 0);
    at += 8;
    low = v128.shuffle<i64>(low, low, 1, 1);
  }
  if (columns & 1) v128.store32_lane(at, low, 0);
}
