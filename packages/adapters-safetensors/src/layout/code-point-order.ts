const BEYOND_ASCII = /[^\0-\x7f]/;

/**
 * A comparison that orders names by code points, as UTF-8 bytes and Python's strings do. JavaScript's `<` orders by UTF-16
 * units, which differs where characters beyond U+FFFF meet those from U+E000 to U+FFFF.
 */
export function codePointOrder(names: Iterable<string>): (left: string, right: string) => number {
  for (const name of names) if (BEYOND_ASCII.test(name)) return compareCodePoints;
  return compareUnits;
}

function compareUnits(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

function compareCodePoints(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  for (let at = 0; at < length; at++) {
    const difference = rank(left.charCodeAt(at)) - rank(right.charCodeAt(at));
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

/** Moves surrogates, which stand for characters beyond U+FFFF, above all other units. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}
