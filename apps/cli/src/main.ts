#!/usr/bin/env node
import { keepCompiledCode } from './compile-cache.ts';

keepCompiledCode();
const { run } = await import('./program.ts');
process.exitCode = await run(process.argv.slice(2));
