// The main job on the model that is shipped here: see what a recipe will do, do it, check what came out.
import { spawnSync } from 'node:child_process';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const model = 'examples/tiny-llama/model';
const recipe = 'examples/recipes/mixed.json';
const out = 'out/tiny-llama-mixed';

function fewbit(...args) {
  console.log(`\n$ fewbit ${args.join(' ')}`);
  const command = ['--conditions=@fewbit/source', join(root, 'apps/cli/src/main.ts'), ...args];
  const { status } = spawnSync(process.execPath, command, { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

fewbit('explain', model, '--recipe', recipe);
fewbit('quantize', model, '--recipe', recipe, '--out', out, '--overwrite');
fewbit('verify', out, '--original', model);
console.log(`\nThe quantized checkpoint is in ${relative(process.cwd(), join(root, out)) || '.'}`);
