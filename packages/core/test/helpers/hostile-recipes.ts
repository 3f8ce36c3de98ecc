import { FewbitError } from '../../src/errors.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/json.ts';
import { createMatcher } from '../../src/matcher/matcher.ts';
import { formatRecipe } from '../../src/recipe/format.ts';
import { parseRecipe } from '../../src/recipe/parse-recipe.ts';
import type { Recipe } from '../../src/recipe/recipe.ts';
import { dummyRegistry } from './dummy-config.ts';
import { parametersOf } from './parameters.ts';
import { plain } from './recipe-shapes.ts';

const ALPHA = { _type: 'Alpha', _version: 1, _data: { level: 3 } };
const MAP = {
  're:.*\\.q_proj': ALPHA,
  're:model\\..*': { _type: 'Gamma', _version: 2, _data: {} },
  lm_head: null,
  _default: ALPHA,
};
const ENVELOPE = { _type: 'FqnToConfig', _version: 1, _data: { fqn_to_config: MAP, module_fqn_to_config: MAP } };

/** Recipes in every shape that is read. */
export const SEEDS: readonly string[] = [
  { a: { type: 'Alpha', level: 7 }, 're:(?P<n>x)(?P=n)': null, '0': { type: 'Beta', version: 1 } },
  MAP,
  ENVELOPE,
  { _type: 'ModuleFqnToConfig', _data: { module_fqn_to_config: MAP } },
  { architectures: ['A'], quantization_config: { quant_method: 'torchao', quant_type: { default: ENVELOPE } } },
].flatMap((value) => [JSON.stringify(value), JSON.stringify(value, null, 2)]);

// What breaks parsers and objects when it stands where it should not.
const TOKENS: readonly string[] = [
  ...['{', '}', '[', ']', ',', ':', '"', '\\', '\0', '\uFEFF', '\u2028', ' ', '\n'],
  ...['null', 'true', '-0', '1e999', '1e-999', '9007199254740993', '0x1', 'NaN', '"\\ud800"', '"\\u0000"', '\u{1f600}'],
  ...[
    '"__proto__"',
    '"constructor"',
    '"toString"',
    '"_type"',
    '"_data"',
    '"_version"',
    '"type"',
    '"version"',
    '"level"',
  ],
  ...[
    '"FqnToConfig"',
    '"fqn_to_config"',
    '"module_fqn_to_config"',
    '"quant_type"',
    '"default"',
    '"Alpha"',
    '"Gamma"',
    '""',
  ],
  ...[
    '"re:("',
    '"re:(a*)*b"',
    '"re:\\\\p{L}"',
    '"re:(?i:a)"',
    '"re:a{0,65535}"',
    '"_default"',
    '"0"',
    '{}',
    '[]',
    '"a":null',
  ],
  '['.repeat(1_000),
  '{"a":'.repeat(300),
  '"re:'.concat('(a|', 'b)'.repeat(200), '"'),
];

/** A small generator of whole numbers below `bound`, the same for the same seed (mulberry32). */
export function randomFrom(seed: number): (bound: number) => number {
  let state = seed >>> 0;
  return (bound) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % bound;
  };
}

/** A recipe's text with one or two things done to it: to its characters, or to its JSON so that it stays JSON. */
export function mutate(random: (bound: number) => number): string {
  const pick = (list: readonly string[]): string => list[random(list.length)] ?? '';
  const change = random(2) === 0 ? changeJson : changeText;
  let text = pick(SEEDS);
  for (let left = 1 + random(2); left > 0; left--) text = change(text, random, pick);
  return text;
}

type Random = (bound: number) => number;
type Pick = (list: readonly string[]) => string;

function changeText(text: string, random: Random, pick: Pick): string {
  const [at, length] = [random(text.length + 1), random(12)];
  const [before, after] = [text.slice(0, at), text.slice(at)];
  switch (random(5)) {
    case 0:
      return before + pick(TOKENS) + after;
    case 1:
      return before + after.slice(length);
    case 2:
      return before + after.slice(0, length * 4) + after;
    case 3:
      return before + String.fromCharCode(random(2) === 0 ? 32 + random(95) : random(65_536)) + after.slice(1);
    default: {
      const other = pick(SEEDS);
      return before + other.slice(random(other.length));
    }
  }
}

const STRINGS = TOKENS.filter((token) => token.startsWith('"') && token.endsWith('"'));
const VALUES = [
  'null',
  '{}',
  '[]',
  '-0',
  '7',
  '8',
  '1e999',
  '{"type":"Alpha"}',
  '{"type":"Beta","level":1}',
  ...STRINGS,
];

function changeJson(text: string, random: Random, pick: Pick): string {
  const strings = [...text.matchAll(/"(?:[^"\\]|\\.)*"/g)];
  const chosen = strings[random(Math.max(1, strings.length))];
  if (chosen === undefined) return text;
  switch (random(4)) {
    case 0:
      // Everywhere, so that torchao's two maps still agree.
      return text.replaceAll(chosen[0], literal(pick(STRINGS)));
    case 1:
      return text.replaceAll(chosen[0], literal(strings[random(strings.length)]?.[0] ?? ''));
    case 2:
      // Where a member begins, another one before it.
      return text.replaceAll(`${chosen[0]}:`, literal(`${pick(STRINGS)}:${pick(VALUES)},${chosen[0]}:`));
    default:
      return text.replaceAll(pick(['null', '3', '7', '{}']), literal(pick(VALUES)));
  }
}

/** A replacement in which `$` means itself. */
function literal(text: string): () => string {
  return () => text;
}

const PARAMETERS = parametersOf([
  'model.layers.0.q_proj.weight',
  'lm_head.weight',
  'xx.bias',
  '__proto__.weight',
  'weight',
]);

/** `refused` for a typed error, `read` for a recipe that holds what the text says; anything else is thrown. */
export function judge(text: string): 'refused' | 'read' {
  let recipe: Recipe;
  try {
    recipe = parseRecipe(text, dummyRegistry).recipe;
  } catch (error) {
    if (!FewbitError.isInstance(error) || error.code !== 'FEWBIT_RECIPE_INVALID') throw error;
    if (error.message.length > 20_000) throw new Error('a message of that length helps nobody', { cause: error });
    return 'refused';
  }
  const written = writtenEntries(JSON.parse(text.replace(/^\uFEFF/, '')) as JsonValue);
  const read = recipe.entries.map(({ key, config }) => [key, config && [config.type, config.toFields().level]]);
  if (asText(written) !== asText(read)) throw new Error(`read ${asText(read)} where ${asText(written)} is written`);
  const again = parseRecipe(formatRecipe(recipe), dummyRegistry).recipe;
  if (JSON.stringify(plain(again)) !== JSON.stringify(plain(recipe))) throw new Error('writing changed the recipe');
  const matcher = createMatcher(recipe);
  for (const parameter of PARAMETERS) {
    const { entry, tier } = matcher.resolve(parameter);
    if ((entry === -1) !== (tier === 'none')) throw new Error(`tier ${tier} for entry ${entry}`);
  }
  return 'read';
}

function asText(pairs: readonly (readonly unknown[])[]): string {
  return JSON.stringify([...pairs].sort((left, right) => (String(left[0]) < String(right[0]) ? -1 : 1)));
}

/** What a recipe's text says, read in the simplest way that is right for text without duplicate keys. */
function writtenEntries(value: JsonValue): readonly (readonly unknown[])[] {
  const quantization = memberOf(value, 'quantization_config');
  const config = memberOf(quantization ?? value, 'quant_type');
  const inner = memberOf(config, 'default') ?? value;
  const data = memberOf(inner, '_data');
  const wrapped = typeof memberOf(inner, '_type') === 'string';
  const maps = [memberOf(data, 'fqn_to_config'), memberOf(data, 'module_fqn_to_config')].filter(isJsonObject);
  const map = wrapped ? (maps.find((one) => Object.keys(one).length > 0) ?? {}) : inner;
  return Object.entries(map as JsonObject).map(([key, entry]) => {
    const fields = memberOf(entry, '_data') ?? entry;
    return [key, entry && [memberOf(entry, '_type') ?? memberOf(entry, 'type'), memberOf(fields, 'level') ?? 4]];
  });
}

function memberOf(value: JsonValue | undefined, name: string): JsonValue | undefined {
  return isJsonObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}
