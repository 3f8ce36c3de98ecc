import { FewbitError } from '../errors.ts';
import { isJsonObject } from '../json.ts';
import type { ModuleKind } from './kind.ts';

const KINDS: readonly ModuleKind[] = ['linear', 'embedding', 'conv1d', 'conv', 'norm', 'experts', 'buffer', 'other'];

/**
 * Names by kind. A name is the end of an FQN in whole components: `mlp.gate` fits `model.layers.0.mlp.gate`, and not
 * `model.layers.0.shared_mlp.gate`. A component `*` stands for an index, that is, for any component of digits.
 */
export type NamesByKind = Readonly<Partial<Record<ModuleKind, readonly string[]>>>;

/** What names say about kinds. Plain data: it can come from a JSON file. */
export interface ModuleNames {
  /**
   * Ends of module FQNs. A name counts only where the module's `weight` has the dimensions that the kind needs: two for
   * `linear`, `embedding` and `conv1d`, one for `norm`, three or more for `conv` and `experts`, any for the others.
   */
  readonly modules?: NamesByKind;
  /** Ends of parameter FQNs, `e_score_correction_bias`. They win over what the module is. */
  readonly parameters?: NamesByKind;
  /**
   * Ends of the FQNs of modules that choose experts. Where their `weight` is wider than tall (experts × hidden size), they
   * are `other`: model code keeps it as a bare parameter, not as a linear layer.
   */
  readonly routers?: readonly string[];
}

/** Names for all models, and names that hold only where `config.json` has a certain `model_type`. */
export interface ModuleTableLayer extends ModuleNames {
  readonly families?: Readonly<Record<string, ModuleNames>>;
}

/**
 * Which names mean which kind. Within a table, the first layer that has an answer wins; in a layer, its names for the
 * model's family before its names for all models; among those, the name of the most components.
 */
export interface ModuleTable {
  readonly layers: readonly ModuleTableLayer[];
}

/**
 * A table with more names than another one; they win over its names.
 *
 * @param extension - Names to add. To take a name back, give it the kind that it should have: `{ modules: { linear: ['mlp.gate'] } }`.
 * @param base - The table to extend, usually `defaultModuleTable`. Without it the extension is all there is.
 * @throws FewbitError (`FEWBIT_REGISTRY_INVALID`) for data of another shape, an unknown kind or an empty name.
 */
export function createModuleTable(extension: ModuleTableLayer, base?: ModuleTable): ModuleTable {
  checkLayer(extension);
  return { layers: [extension, ...(base?.layers ?? [])] };
}

// The extension may have been read from a file, so its type is not to be relied on.
function checkLayer(layer: unknown): void {
  checkNames(layer, 'module table', ['families']);
  const families = (layer as ModuleTableLayer).families;
  if (families === undefined) return;
  if (!isJsonObject(families)) throw invalid('families', 'an object of names by model_type');
  for (const [family, names] of Object.entries(families)) checkNames(names, `families.${family}`, []);
}

function checkNames(names: unknown, where: string, alsoAllowed: readonly string[]): void {
  if (!isJsonObject(names)) throw invalid(where, 'an object');
  const allowed = ['modules', 'parameters', 'routers', ...alsoAllowed];
  for (const [member, value] of Object.entries(names)) {
    if (!allowed.includes(member)) throw invalid(`${where}, member "${member}"`, `one of ${allowed.join(', ')}`);
    if (member === 'routers') checkList(value, `${where}, routers`);
    if (member !== 'modules' && member !== 'parameters') continue;
    if (!isJsonObject(value)) throw invalid(`${where}, ${member}`, 'an object of names by kind');
    for (const [kind, list] of Object.entries(value)) {
      if (!(KINDS as readonly string[]).includes(kind)) {
        throw invalid(`${where}, ${member}, kind "${kind}"`, `one of ${KINDS.join(', ')}`);
      }
      checkList(list, `${where}, ${member}, ${kind}`);
    }
  }
}

function checkList(list: unknown, where: string): void {
  if (!Array.isArray(list)) throw invalid(where, 'a list of names');
  for (const name of list) {
    if (typeof name !== 'string' || name === '' || name.split('.').includes('')) {
      throw invalid(`${where}, name ${JSON.stringify(name)}`, 'text of components without an empty one');
    }
  }
}

function invalid(where: string, allowed: string): FewbitError {
  return new FewbitError('FEWBIT_REGISTRY_INVALID', {
    message: 'the module table cannot be used',
    where,
    allowed,
    hint: 'Compare it with defaultModuleTable.',
  });
}
