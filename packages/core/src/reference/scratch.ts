/** Gives f32 memory for one operation: the next one may get the same. */
export type Scratch = (length: number) => Float32Array;

/** Memory of its own for each operation. */
export const freshScratch: Scratch = (length) => new Float32Array(length);

/**
 * One piece of memory for all operations of a backend. They run one after the other, and at some megabytes each the
 * collector would let tens of such pieces pile up before it looks at them.
 */
export function createScratch(): Scratch {
  let memory = new Float32Array(0);
  return (length) => {
    if (memory.length < length) memory = new Float32Array(length);
    return memory.subarray(0, length);
  };
}

/** Gives memory for an operation's codes: the next one may get the same. */
export type CodeMemory = (length: number) => Int8Array;

/** Memory of its own for each operation's codes. */
export const freshCodes: CodeMemory = (length) => new Int8Array(length);

/** One piece of memory for the codes of all operations of a backend. Not cleared in between. */
export function createCodeMemory(): CodeMemory {
  let memory = new Int8Array(0);
  return (length) => {
    if (memory.length < length) memory = new Int8Array(length);
    return memory.subarray(0, length);
  };
}
