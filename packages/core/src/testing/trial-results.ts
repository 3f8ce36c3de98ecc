import type { Exactness } from '../contracts/exactness.ts';
import type { FloatDtype } from '../dtype.ts';
import { check, checkSameBytes } from './conformance-case.ts';

/** One result of an operation: its bytes, and what they are made of. */
export interface TrialResult {
  readonly bytes: Uint8Array;
  /** Floats of a dtype, codes of a byte each, or two codes to a byte. */
  readonly elements: FloatDtype | 'codes' | 'nibbles';
}

/** @throws Error naming what differs from the reference's result by more than a backend promises. */
export function checkAsPromised(seen: TrialResult, expected: TrialResult, promise: Exactness, what: string): void {
  if (promise === 'bit-exact') {
    checkSameBytes(seen.bytes, expected.bytes, what);
    return;
  }
  const allowed =
    expected.elements === 'codes' || expected.elements === 'nibbles' ? promise.steps : promise.unitsInLastPlace;
  const [values, wanted] = [positionsOf(seen), positionsOf(expected)];
  check(values.length === wanted.length, () => `${what}: ${values.length} elements instead of ${wanted.length}`);
  for (const [at, position] of wanted.entries()) {
    const distance = Math.abs((values[at] ?? NaN) - position);
    const isSame = Object.is(values[at], position) || distance <= allowed;
    check(isSame, () => `${what}: element ${at} of ${wanted.length} is ${distance} off, where ${allowed} are promised`);
  }
}

/** Where each element stands among all of its kind, so that neighbours differ by 1: both zeros at 0, NaN nowhere. */
function positionsOf({ bytes, elements }: TrialResult): readonly number[] {
  if (elements === 'codes') return Array.from(bytes, (byte) => (byte ^ 128) - 128);
  if (elements === 'nibbles')
    return Array.from(bytes, (byte) => [byte & 15, byte >>> 4])
      .flat()
      .map((code) => (code ^ 8) - 8);
  const width = elements === 'F32' ? 4 : 2;
  const sign = 2 ** (8 * width - 1);
  const infinity = { F32: 0x7f80_0000, BF16: 0x7f80, F16: 0x7c00 }[elements];
  const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: Math.floor(bytes.length / width) }, (_, i) => {
    const word = width === 4 ? data.getUint32(4 * i, true) : data.getUint16(2 * i, true);
    const magnitude = word % sign;
    if (magnitude > infinity) return NaN;
    return word < sign || magnitude === 0 ? magnitude : -magnitude;
  });
}
