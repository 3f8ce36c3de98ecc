import { ReadError, type Source } from '@fewbit/core';

/** Bytes in memory as a source. They are not copied: who changes them changes what is read. */
export function memorySource(bytes: Uint8Array): Source {
  return {
    byteLength: bytes.byteLength,
    read: (start, end) => {
      const problem = rangeProblem(start, end, bytes.byteLength);
      return problem === null
        ? Promise.resolve(bytes.slice(start, end))
        : Promise.reject(new ReadError({ message: problem }));
    },
    readInto: (target, start) => {
      const problem = rangeProblem(start, start + target.byteLength, bytes.byteLength);
      if (problem !== null) return Promise.reject(new ReadError({ message: problem }));
      target.set(bytes.subarray(start, start + target.byteLength));
      return Promise.resolve();
    },
  };
}

/** What is wrong with a range of a source of that length; null when it lies inside. */
export function rangeProblem(start: number, end: number, byteLength: number): string | null {
  const inside =
    Number.isSafeInteger(start) && Number.isSafeInteger(end) && start >= 0 && start <= end && end <= byteLength;
  return inside ? null : `the range ${start} to ${end} is not inside the ${byteLength} bytes`;
}
