import module from 'node:module';

/**
 * Keeps compiled code between runs, in the system's temporary directory, where this Node can (22.8 and later): for the
 * modules that the calling thread imports from now on. `NODE_DISABLE_COMPILE_CACHE=1` turns it off.
 */
export function keepCompiledCode(): void {
  if ('enableCompileCache' in module) module.enableCompileCache();
}
