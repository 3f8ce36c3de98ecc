import { FewbitError, isJsonObject } from '@fewbit/core';

/**
 * Who names a model's parameters.
 *
 * - `checkpoint`: the safetensors files.
 * - `transformers`: the model in memory, version 5, which stacks experts and renames parts of composite models.
 * - `vllm`: vLLM's own modules, which fuse projections.
 */
export type NameSpace = 'checkpoint' | 'transformers' | 'vllm';

/**
 * How names of the checkpoint become another space's. A pattern is a run of whole components, found anywhere in a name; `^`
 * before it ties it to the name's start, a component `*` is an index.
 */
export interface NameRule {
  /**
   * What is replaced. Several patterns are parts that become one: they do so only where all of them are there, in this
   * order. A pattern with a star that `to` lacks is a stack.
   */
  readonly from: readonly string[];
  /** What is put there. Its stars take the indexes that the pattern's stars found, first to last. */
  readonly to: string;
}

/** What a model family's names become in one space. Plain data: it can come from a JSON file. */
export interface SpaceNames {
  /** Applied one after another to the name that the rules before have made. None: the names stay. */
  readonly rules?: readonly NameRule[];
  /** Ends of this space's module FQNs that a recipe never reaches there, whatever kind they seem to be (`vllm`). */
  readonly unreachable?: readonly string[];
  /** Ends of module FQNs whose weights a recipe reaches there though they are no linear layers elsewhere: routers (`vllm`). */
  readonly reachable?: readonly string[];
}

export type FamilyNames = Readonly<Partial<Record<Exclude<NameSpace, 'checkpoint'>, SpaceNames>>>;

export interface NameSpaceLayer {
  /** By the `model_type` of `config.json`. A family without a space is unknown there. */
  readonly families: Readonly<Record<string, FamilyNames>>;
}

/** Names by family. The first layer that knows a family's space decides alone. */
export interface NameSpaceTable {
  readonly layers: readonly NameSpaceLayer[];
}

/**
 * A table with more families than another one; they win over its own.
 *
 * @param base - The table to extend, usually `defaultNameSpaceTable`. Without it the extension is all there is.
 * @throws FewbitError (`FEWBIT_REGISTRY_INVALID`) for data of another shape.
 * @example
 * ```ts
 * const table = createNameSpaceTable(
 *   { families: { my_model: { vllm: { rules: [{ from: ['attn.q', 'attn.k', 'attn.v'], to: 'attn.qkv' }] } } } },
 *   defaultNameSpaceTable,
 * );
 * ```
 */
export function createNameSpaceTable(extension: NameSpaceLayer, base?: NameSpaceTable): NameSpaceTable {
  checkLayer(extension);
  return { layers: [extension, ...(base?.layers ?? [])] };
}

/** What the table says of a family in a space; null when it does not know it there. */
export function namesOfFamily(
  table: NameSpaceTable,
  modelType: string | null,
  space: Exclude<NameSpace, 'checkpoint'>,
): SpaceNames | null {
  if (modelType === null) return null;
  for (const { families } of table.layers) {
    const family = Object.hasOwn(families, modelType) ? families[modelType] : undefined;
    const names = family !== undefined && Object.hasOwn(family, space) ? family[space] : undefined;
    if (names !== undefined) return names;
  }
  return null;
}

// The extension may have been read from a file, so its type is not to be relied on.
function checkLayer(layer: unknown): void {
  if (!isJsonObject(layer)) throw invalid('table', 'an object');
  checkMembers(layer, 'table', ['families']);
  if (!isJsonObject(layer.families)) throw invalid('families', 'an object of spaces by model_type');
  for (const [family, spaces] of Object.entries(layer.families)) {
    if (!isJsonObject(spaces)) throw invalid(`families.${family}`, 'an object of names by space');
    checkMembers(spaces, `families.${family}`, ['transformers', 'vllm']);
    for (const [space, names] of Object.entries(spaces)) checkNames(names, `families.${family}.${space}`);
  }
}

function checkNames(names: unknown, where: string): void {
  if (!isJsonObject(names)) throw invalid(where, 'an object');
  checkMembers(names, where, ['rules', 'unreachable', 'reachable']);
  if (names.unreachable !== undefined) checkedPatterns(names.unreachable, `${where}.unreachable`);
  if (names.reachable !== undefined) checkedPatterns(names.reachable, `${where}.reachable`);
  if (names.rules === undefined) return;
  if (!Array.isArray(names.rules)) throw invalid(`${where}.rules`, 'a list of {"from", "to"}');
  for (const [index, rule] of (names.rules as readonly unknown[]).entries()) {
    const place = `${where}.rules[${index}]`;
    if (!isJsonObject(rule)) throw invalid(place, 'an object {"from", "to"}');
    checkMembers(rule, place, ['from', 'to']);
    const [to] = checkedPatterns([rule.to], `${place}.to`);
    const from = checkedPatterns(rule.from, `${place}.from`);
    if (countStars(to) > Math.min(...from.map(countStars)))
      throw invalid(`${place}.to`, 'no more stars than each pattern of "from" has');
    if (to.startsWith('^')) throw invalid(`${place}.to`, 'a name without "^"');
  }
}

function checkedPatterns(patterns: unknown, where: string): readonly [string, ...string[]] {
  if (!Array.isArray(patterns)) throw invalid(where, 'a list of patterns');
  const [first, ...rest] = (patterns as readonly unknown[]).map((pattern) => {
    if (typeof pattern === 'string' && !pattern.replace(/^\^/, '').split('.').includes('')) return pattern;
    throw invalid(`${where}, ${JSON.stringify(pattern)}`, 'text of components without an empty one');
  });
  if (first === undefined) throw invalid(where, 'a list that is not empty');
  return [first, ...rest];
}

function checkMembers(value: Readonly<Record<string, unknown>>, where: string, allowed: readonly string[]): void {
  const unknown = Object.keys(value).find((member) => !allowed.includes(member));
  if (unknown !== undefined) throw invalid(`${where}, member "${unknown}"`, `one of ${allowed.join(', ')}`);
}

function countStars(pattern: string): number {
  return pattern.split('.').filter((component) => component === '*').length;
}

function invalid(where: string, allowed: string): FewbitError {
  return new FewbitError('FEWBIT_REGISTRY_INVALID', {
    message: 'the table of name spaces cannot be used',
    where,
    allowed,
    hint: 'Compare it with defaultNameSpaceTable.',
  });
}
