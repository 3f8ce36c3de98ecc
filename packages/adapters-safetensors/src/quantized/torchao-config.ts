import { createMatcher, FewbitError, isJsonObject, type JsonObject, type JsonValue, type Matcher } from '@fewbit/core';

import { shown } from '../json/checkpoint-json.ts';
import type { FindingGroups } from './finding-groups.ts';
import {
  integerMember,
  member,
  objectMember,
  stringMember,
  stringsMember,
  type QuantizationConfig,
} from './quantization-config.ts';
import type { Expectation, ExpectedWeight } from './quantized-format.ts';
import { transformersSkips } from './skip-lists.ts';

/** torchao 0.18's config types that a `config.json` may hold, with the version each is in and the classes it makes. */
interface TorchaoConfigType {
  readonly version: number;
  /** Stored versions that raise when the config is read. */
  readonly refused: readonly number[];
  /** Null: a class that safetensors files cannot hold. */
  readonly classes: readonly string[] | null;
}

const INT4 = ['Int4Tensor', 'Int4PlainInt32Tensor', 'Int4TilePackedTo4dTensor'];
const INTX = ['IntxUnpackedToInt8Tensor'];
// Types without a `version` field take no other number than 1; Int8 ones have dropped their first version.
const TYPES: ReadonlyMap<string, TorchaoConfigType> = new Map([
  ['Int8WeightOnlyConfig', { version: 2, refused: [1], classes: ['Int8Tensor'] }],
  ['Int8DynamicActivationInt8WeightConfig', { version: 2, refused: [1], classes: ['Int8Tensor'] }],
  ['Int8StaticActivationInt8WeightConfig', { version: 1, refused: [], classes: ['Int8Tensor'] }],
  ['Int4WeightOnlyConfig', { version: 2, refused: [], classes: INT4 }],
  ['Float8DynamicActivationInt4WeightConfig', { version: 1, refused: [], classes: INT4 }],
  ['IntxWeightOnlyConfig', { version: 2, refused: [], classes: INTX }],
  ['Int8DynamicActivationIntxWeightConfig', { version: 2, refused: [], classes: INTX }],
  ['StretchedIntxWeightConfig', { version: 2, refused: [], classes: INTX }],
  ['Float8WeightOnlyConfig', { version: 2, refused: [], classes: ['Float8Tensor'] }],
  ['Float8DynamicActivationFloat8WeightConfig', { version: 2, refused: [], classes: ['Float8Tensor'] }],
  ['Float8StaticActivationFloat8WeightConfig', { version: 1, refused: [], classes: null }],
  ['MXDynamicActivationMXWeightConfig', { version: 1, refused: [], classes: ['MXTensor'] }],
  ['NVFP4WeightOnlyConfig', { version: 1, refused: [], classes: ['NVFP4Tensor'] }],
  ['NVFP4DynamicActivationNVFP4WeightConfig', { version: 1, refused: [], classes: ['NVFP4Tensor'] }],
  ['AWQConfig', { version: 1, refused: [], classes: [...INT4, 'Int8Tensor'] }],
  ['SmoothQuantConfig', { version: 1, refused: [], classes: [...INT4, 'Int8Tensor'] }],
  ['UIntxWeightOnlyConfig', { version: 1, refused: [], classes: null }],
  ['Int8DynamicActivationUIntxWeightConfig', { version: 1, refused: [], classes: null }],
  ['GGUFWeightOnlyConfig', { version: 1, refused: [], classes: null }],
]);

const RECIPES: ReadonlySet<string> = new Set(['FqnToConfig', 'ModuleFqnToConfig', 'AOPerModuleConfig']);
// torchao's envelopes nest about ten deep.
const MAX_DEPTH = 64;
const STOPS = ['transformers'] as const;

/** A recipe, or one config for every linear layer. */
interface StoredRecipe {
  readonly matcher: Matcher<{ readonly key: string; readonly config: JsonValue }> | null;
  readonly everywhere: JsonObject | null;
}

/** Checks what a `config.json` says of torchao, and gives what it expects of a weight. */
export function torchaoExpectation(
  quantization: QuantizationConfig,
  findings: FindingGroups,
): (weight: ExpectedWeight) => Expectation | null {
  const { fields, place } = quantization;
  const recipe = readRecipe(fields, place, findings);
  const skipped = stringsMember(fields, 'modules_to_not_convert');
  const skip = transformersSkips(skipped ?? [], 'modules_to_not_convert', findings);
  return (weight) => {
    const because = skip(weight.name);
    if (because !== null) return { quantized: false, because, implied: false };
    if (recipe.everywhere !== null) {
      if (weight.kind !== 'linear' || weight.parameter !== 'weight') return null;
      return given(recipe.everywhere, 'the config for every linear layer', true);
    }
    return recipe.matcher === null ? null : resolved(recipe.matcher, weight, findings);
  };
}

function resolved(
  matcher: NonNullable<StoredRecipe['matcher']>,
  weight: ExpectedWeight,
  findings: FindingGroups,
): Expectation | null {
  try {
    const { outcome, entry } = matcher.resolve(weight);
    const found = matcher.entries[entry];
    if (outcome === 'no-key') return { quantized: false, because: 'no key of the recipe matches', implied: true };
    if (found === undefined || outcome === 'buffer' || outcome === 'module-key') return null;
    const because = `key ${shown(found.key)}`;
    if (outcome === 'null-config') return { quantized: false, because: `${because} is null`, implied: false };
    return isJsonObject(found.config) ? given(found.config, because, false) : null;
  } catch (error) {
    if (!FewbitError.isInstance(error)) throw error;
    const what = `the recipe cannot be asked about it: ${error.message}`;
    findings.add({ id: 'recipe-not-read', severity: 'warning', what }, weight.name);
    return null;
  }
}

function given(config: JsonObject, because: string, implied: boolean): Expectation {
  const type = stringMember(config, '_type') ?? '';
  const classes = TYPES.get(type)?.classes ?? null;
  return {
    quantized: true,
    because: `${because} gives ${shown(type)}`,
    implied,
    differs: ({ scheme }) => {
      const seen = scheme?.packing ?? '';
      return classes === null || classes.includes(seen)
        ? null
        : `${because} gives ${type}, which makes ${classes.join(' or ')}, and the file has ${shown(seen)}`;
    },
  };
}

function readRecipe(fields: JsonObject, place: string, findings: FindingGroups): StoredRecipe {
  const none: StoredRecipe = { matcher: null, everywhere: null };
  const refuse = (what: string): StoredRecipe => {
    findings.add({ id: 'config-not-read', severity: 'error', what, stops: STOPS }, `${place}.quant_type`);
    return none;
  };
  const type = member(fields, 'quant_type');
  if (typeof type === 'string') return refuse('it names a method, which transformers 5 refuses');
  if (!isJsonObject(type)) return refuse('it is missing or no object');
  const inner = objectMember(type, 'default');
  if (inner === null || Object.keys(type).length !== 1) {
    return refuse('it has to hold exactly one member, "default"');
  }
  checkVersions(inner, findings);
  const name = stringMember(inner, '_type') ?? '';
  if (!RECIPES.has(name)) return { matcher: null, everywhere: inner };
  const data = objectMember(inner, '_data') ?? {};
  const [own, older] = ['fqn_to_config', 'module_fqn_to_config'].map((map) => objectMember(data, map));
  const filled = [own, older].filter((map) => map !== null && map !== undefined && Object.keys(map).length > 0);
  const [entries, repeated] = filled;
  if (entries && repeated && JSON.stringify(sorted(entries, 0)) !== JSON.stringify(sorted(repeated, 0))) {
    const what = '"fqn_to_config" and "module_fqn_to_config" hold different entries, and torchao raises';
    findings.add({ id: 'recipe-maps-differ', severity: 'error', what, stops: STOPS }, `${place}.quant_type`);
  }
  const list = Object.entries(entries ?? {}).map(([key, config]) => ({ key, config }));
  try {
    return { matcher: createMatcher(list, { brokenPatterns: 'raise' }), everywhere: null };
  } catch (error) {
    if (!FewbitError.isInstance(error)) throw error;
    findings.add({ id: 'recipe-not-read', severity: 'warning', what: error.message }, `${place}.quant_type`);
    return none;
  }
}

/** With names in order, so that two objects can be compared as text; bounded in depth. */
function sorted(value: JsonValue, depth: number): JsonValue {
  if (depth > MAX_DEPTH || typeof value !== 'object' || value === null) return value;
  if (!isJsonObject(value)) return value.map((each) => sorted(each, depth + 1));
  const names = Object.keys(value).sort();
  return names.map((name) => [name, sorted(value[name] ?? null, depth + 1)]);
}

/** Stored versions that today's torchao does not take. It does not look into them to rebuild tensors, but it reads them. */
function checkVersions(root: JsonObject, findings: FindingGroups): void {
  const stack: { readonly value: JsonValue; readonly depth: number }[] = [{ value: root, depth: 0 }];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const { value, depth } = next;
    if (typeof value !== 'object' || value === null || depth > MAX_DEPTH) continue;
    if (isJsonObject(value)) checkVersion(value, findings);
    for (const inner of Object.values(value)) stack.push({ value: inner, depth: depth + 1 });
  }
}

function checkVersion(config: JsonObject, findings: FindingGroups): void {
  const name = stringMember(config, '_type') ?? '';
  const type = TYPES.get(name);
  if (type === undefined) {
    if (!name.endsWith('Config') || RECIPES.has(name) || name === 'Float8MMConfig') return;
    const what = 'torchao 0.18 has no config of this name that a config.json may hold, as far as this program knows';
    findings.add({ id: 'config-unknown', severity: 'warning', what }, name);
    return;
  }
  const stored = Object.hasOwn(config, '_version') ? integerMember(config, '_version') : 1;
  if (stored === type.version) return;
  const seen = Object.hasOwn(config, '_version') ? `version ${stored ?? '?'}` : 'no version, which means 1,';
  const refused = stored === null || type.refused.includes(stored) || type.version === 1;
  const what = refused
    ? `it is stored in ${seen} and torchao 0.18 refuses to read that; it has version ${type.version}`
    : `it is stored in ${seen} and torchao 0.18 has version ${type.version}: it warns, and may refuse to use it`;
  findings.add(
    { id: 'config-version', severity: refused ? 'error' : 'warning', what, stops: refused ? STOPS : [] },
    name,
  );
}
