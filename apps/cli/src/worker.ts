// Runs on a thread of its own. What it does is in worker/run-items.ts, which is loaded from the cache that begins here.
import { keepCompiledCode } from './compile-cache.ts';

keepCompiledCode();
await import('./worker/run-items.ts');
