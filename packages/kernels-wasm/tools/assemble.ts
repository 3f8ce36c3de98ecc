// pnpm assemble: compiles assembly/ into the two modules and writes them into src/generated/modules.ts.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { assembleModules } from './assemble-modules.ts';

const target = fileURLToPath(new URL('../src/generated/modules.ts', import.meta.url));
const { text, sizes } = await assembleModules();
writeFileSync(target, text);
console.log(`${target}: plain ${sizes.plain} bytes, relaxed ${sizes.relaxed} bytes`);
