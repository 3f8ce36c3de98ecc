// The build's check: fails when a key of the recipe does nothing on the model that the app ships.
// node check.ts [recipe.json] [checkpoint]
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { openCheckpoint } from '@fewbit/adapters-safetensors/node';
import { builtinConfigs } from '@fewbit/configs';
import { createMatcher, createRegistry, keyUses, parametersOf, parseRecipe } from '@fewbit/core';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const [recipePath = here('recipe.json'), checkpointPath = here('../tiny-llama/model')] = process.argv.slice(2);

const { recipe } = parseRecipe(readFileSync(recipePath, 'utf8'), createRegistry({ configs: builtinConfigs }));
const checkpoint = await openCheckpoint(checkpointPath);
const parameters = parametersOf(checkpoint, checkpoint.tensors);
const uses = keyUses(createMatcher(recipe), parameters);
await checkpoint.close();

const dead = uses.filter(({ use }) => use !== 'decides');
for (const { key, use, nearest } of dead) {
  console.error(`${key}: ${use}${nearest === null ? '' : `; did you mean ${nearest}?`}`);
}
console.log(`${uses.length - dead.length} of ${uses.length} keys decide about ${parameters.length} tensors`);
if (dead.length > 0) process.exitCode = 1;
