// The page: the same recipe, resolved for names that somebody types or for a dropped safetensors file.
import { readHeader } from '@fewbit/adapters-safetensors';
import { blobSource } from '@fewbit/adapters-safetensors/web';
import { createMatcher } from '@fewbit/core';
import { resolveTensors, typedTensors, type PageEntry } from './resolve.ts';

/** The text of recipe.json, which the bundler puts here. */
declare const RECIPE_TEXT: string;

// JSON.parse would move keys such as "0" to the front. Names of modules begin with a word here; where they do not, read the
// recipe with `parseRecipe`.
const entries = Object.entries(JSON.parse(RECIPE_TEXT) as Readonly<Record<string, PageEntry['config']>>);
const matcher = createMatcher(entries.map(([key, config]): PageEntry => ({ key, config })));

const names = element('names');
const result = element('result');

names.addEventListener('input', () => {
  if ('value' in names) result.textContent = resolveTensors(typedTensors(String(names.value)), matcher);
});
document.addEventListener('dragover', (event) => {
  event.preventDefault();
});
document.addEventListener('drop', (event) => {
  event.preventDefault();
  const file = event.dataTransfer?.files[0];
  if (file !== undefined) void showFile(file);
});

/** Reads the header and nothing else of the file. */
async function showFile(file: File): Promise<void> {
  try {
    const { tensors } = await readHeader(blobSource(file), { where: file.name });
    result.textContent = resolveTensors(tensors, matcher);
  } catch (error) {
    result.textContent = error instanceof Error ? error.message : String(error);
  }
}

function element(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no element "${id}"`);
  return found;
}
