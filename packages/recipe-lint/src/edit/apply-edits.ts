import { configToJson, sameConfig, type Config, type EntryPlace, type ParsedRecipe, type Recipe } from '@fewbit/core';
import type { Fix, RecipeEdit } from '../finding.ts';

/** What `parseRecipe` has read from a text. */
export type ReadRecipe = Pick<ParsedRecipe, 'recipe' | 'places' | 'repeatedPlaces'>;

/**
 * The recipe's text with all edits made, in both maps where torchao's envelope holds two. What no edit touches stays as it
 * was written, spaces and line ends included.
 *
 * An entry that is inserted with the config of another entry is written as that one is; any other config in torchao's
 * envelope, on one line. A recipe without entries has no place to insert at, and stays as it is.
 */
export function applyEdits(text: string, read: ReadRecipe, edits: readonly RecipeEdit[]): string {
  const { recipe, places, repeatedPlaces } = read;
  const maps = [places, ...(repeatedPlaces === null ? [] : [inOrderOf(recipe, repeatedPlaces, text)])];
  return (
    maps
      .filter((map) => map.length > 0)
      // The last map first, so that the places of the other one stay right.
      .sort((left, right) => startOf(right, 0) - startOf(left, 0))
      .reduce((edited, map) => editMap(edited, recipe, map, edits), text)
  );
}

/** The places of a map that may have an order of its own, by the recipe's entries. */
function inOrderOf(recipe: Recipe, places: readonly EntryPlace[], text: string): readonly EntryPlace[] {
  const byKey = new Map(
    places.map((place) => [JSON.parse(text.slice(place.key.start, place.key.end)) as unknown, place]),
  );
  return recipe.entries.flatMap(({ key }) => byKey.get(key) ?? []);
}

/**
 * As many of the fixes as can be made at once, in the given order: one that touches an entry that a fix before it has
 * touched has to wait for the next round, as does anything beside a new order of all entries.
 */
export function compatibleFixes(fixes: readonly Fix[]): readonly Fix[] {
  const taken: Set<number | string> = new Set();
  const chosen: Fix[] = [];
  for (const fix of fixes) {
    if (fix.edits.some(({ kind }) => kind === 'reorder')) {
      if (chosen.length === 0) return [fix];
      continue;
    }
    const touched = fix.edits.flatMap((edit) => touchedBy(edit));
    if (touched.some((each) => taken.has(each))) continue;
    for (const each of touched) taken.add(each);
    chosen.push(fix);
  }
  return chosen;
}

/** The entry, and the key that is new: two entries inserted at one place would depend on the order, one key given twice is none. */
function touchedBy(edit: RecipeEdit): readonly (number | string)[] {
  switch (edit.kind) {
    case 'reorder':
      return [];
    case 'insert':
      return [edit.before ?? -1, edit.key];
    case 'rename':
      return [edit.entry, edit.key];
    case 'remove':
    case 'replace':
      return [edit.entry];
  }
}

/** An entry of the new map: its text, and the entry that it was. */
interface Item {
  readonly text: string;
  readonly entry: number | null;
}

function editMap(text: string, recipe: Recipe, map: readonly EntryPlace[], edits: readonly RecipeEdit[]): string {
  const written = [...map.keys()].sort((left, right) => startOf(map, left) - startOf(map, right));
  const reorder = edits.find((edit) => edit.kind === 'reorder');
  const order = reorder === undefined ? written : reorder.order;
  const items = order.flatMap((entry) => itemsAt(text, recipe, map, entry, edits));
  for (const edit of edits)
    if (edit.kind === 'insert' && edit.before === null) items.push(inserted(text, recipe, map, edit));

  const first = startOf(map, written[0] ?? 0);
  const last = map[written.at(-1) ?? 0]?.value.end ?? 0;
  const [before, after] = [text.slice(0, first), text.slice(last)];
  if (items.length === 0) return before.trimEnd() + after.trimStart();
  // What stands between an entry and the one before it.
  const gaps: Map<number, string> = new Map();
  for (const [position, entry] of written.entries()) {
    const previous = written[position - 1];
    if (previous !== undefined) gaps.set(entry, text.slice(map[previous]?.value.end, startOf(map, entry)));
  }
  const margin = /[ \t\r\n]*$/.exec(before)?.[0] ?? '';
  const usual = gaps.get(written[1] ?? -1) ?? `,${margin === '' ? ' ' : margin}`;
  const gapsInPlace = reorder === undefined ? null : written.slice(1).map((entry) => gaps.get(entry) ?? usual);
  const body = items.map((item, position) => {
    if (position === 0) return item.text;
    const gap = gapsInPlace === null ? gaps.get(item.entry ?? -1) : gapsInPlace[position - 1];
    return `${gap ?? usual}${item.text}`;
  });
  return before + body.join('') + after;
}

/** What becomes of one entry: what is inserted before it, and itself unless it is removed. */
function itemsAt(
  text: string,
  recipe: Recipe,
  map: readonly EntryPlace[],
  entry: number,
  edits: readonly RecipeEdit[],
): readonly Item[] {
  const place = map[entry];
  if (place === undefined) return [];
  const items: Item[] = [];
  let key = text.slice(place.key.start, place.key.end);
  let value = text.slice(place.value.start, place.value.end);
  let removed = false;
  for (const edit of edits) {
    if (edit.kind === 'insert' && edit.before === entry) items.push(inserted(text, recipe, map, edit));
    if (edit.kind === 'reorder' || edit.kind === 'insert' || edit.entry !== entry) continue;
    if (edit.kind === 'rename') key = JSON.stringify(edit.key);
    else if (edit.kind === 'replace') value = configText(text, recipe, map, edit.config);
    else removed = true;
  }
  if (!removed) items.push({ text: key + text.slice(place.key.end, place.value.start) + value, entry });
  return items;
}

function inserted(
  text: string,
  recipe: Recipe,
  map: readonly EntryPlace[],
  { key, config }: Extract<RecipeEdit, { kind: 'insert' }>,
): Item {
  const [model] = map;
  const colon = model === undefined ? ': ' : text.slice(model.key.end, model.value.start);
  return { text: JSON.stringify(key) + colon + configText(text, recipe, map, config), entry: null };
}

function configText(text: string, recipe: Recipe, map: readonly EntryPlace[], config: Config | null): string {
  if (config === null) return 'null';
  const like = map[recipe.entries.findIndex((entry) => sameConfig(entry.config, config))];
  return like === undefined ? JSON.stringify(configToJson(config)) : text.slice(like.value.start, like.value.end);
}

function startOf(map: readonly EntryPlace[], entry: number): number {
  return map[entry]?.key.start ?? 0;
}
