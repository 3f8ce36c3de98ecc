import { PLAIN_BASE64, RELAXED_BASE64 } from '../generated/modules.ts';
import { instantiate } from './kernels.ts';

/** Plain 128-bit SIMD, or with relaxed instructions beside it. */
export type ModuleVariant = 'plain' | 'relaxed';

export interface CompiledModule {
  readonly variant: ModuleVariant;
  readonly module: WebAssembly.Module;
}

const BASE64: Readonly<Record<ModuleVariant, string>> = { plain: PLAIN_BASE64, relaxed: RELAXED_BASE64 };

/**
 * The first of the variants that this engine both takes and computes rightly; null where it has none.
 *
 * That an engine takes an instruction is not enough: with a flag, Node 20 takes relaxed SIMD and computes some of it
 * wrongly. So the answers of a probe decide.
 */
export async function chooseModule(variants: readonly ModuleVariant[]): Promise<CompiledModule | null> {
  if (!LITTLE_ENDIAN || typeof WebAssembly === 'undefined') return null;
  for (const variant of variants) {
    const module = await compile(variant);
    if (module !== null && answersRightly(module)) return { variant, module };
  }
  return null;
}

/** Results are read through typed arrays, in the machine's own order of bytes; WebAssembly's is always the little end. */
const LITTLE_ENDIAN: boolean = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** A copy of the module as it was made. */
export function moduleBytes(variant: ModuleVariant): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(BASE64[variant]), (character) => character.charCodeAt(0));
}

/** An engine compiles a function anew once it has run often; both of its compilers are to be asked. */
const PROBES = 200;

async function compile(variant: ModuleVariant): Promise<WebAssembly.Module | null> {
  const bytes = moduleBytes(variant);
  return WebAssembly.validate(bytes) ? WebAssembly.compile(bytes) : null;
}

function answersRightly(module: WebAssembly.Module): boolean {
  const kernels = instantiate(module, new WebAssembly.Memory({ initial: 1, maximum: 1 }));
  for (let round = 0; round < PROBES; round += 1) {
    if (kernels.probe(1) !== 0) return false;
  }
  return true;
}
