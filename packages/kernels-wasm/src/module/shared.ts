import { moduleBytes, type ModuleVariant } from './choose.ts';

const IMPORTS = 2;
const MEMORY = 2;
/** Of a memory's limits. */
const WITH_MAXIMUM = 1;
const SHARED = 2;

/**
 * A module for a memory that threads share. An import of a memory says whether it is shared, and no module takes both kinds;
 * that bit is all they differ in, so it is set in the bytes instead of shipping each module twice. (Shared memories must have
 * a maximum: the compiler is told one, see tools/assemble-modules.ts.)
 */
export function compileShared(variant: ModuleVariant): Promise<WebAssembly.Module> {
  const bytes = moduleBytes(variant);
  const at = memoryLimits(bytes);
  bytes[at] = WITH_MAXIMUM | SHARED;
  return WebAssembly.compile(bytes);
}

/** Where the limits of the only import begin, which is the memory. */
function memoryLimits(bytes: Uint8Array<ArrayBuffer>): number {
  let at = 8;
  const byte = (): number => bytes[at++] ?? 0;
  const number = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const part = byte();
      value |= (part & 0x7f) << shift;
      if (part < 0x80) return value;
    }
  };
  const skip = (length: number): void => {
    at += length;
  };
  while (at < bytes.length) {
    const section = byte();
    const length = number();
    if (section !== IMPORTS) {
      skip(length);
      continue;
    }
    const count = number();
    skip(number());
    skip(number());
    if (count === 1 && byte() === MEMORY && bytes[at] === WITH_MAXIMUM) return at;
    break;
  }
  throw new Error('a module imports more than a memory with a maximum');
}
