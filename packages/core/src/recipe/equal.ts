import type { Config } from '../contracts/config-type.ts';
import { isJsonObject, type JsonValue } from '../json.ts';
import type { Recipe } from './recipe.ts';

/** Equality of JSON values; like Python's, it does not look at the order of an object's members. */
export function sameJson(left: JsonValue, right: JsonValue): boolean {
  if (left === right) return true;
  if (Array.isArray(left)) {
    const [ours, theirs] = [left as readonly JsonValue[], right];
    if (!Array.isArray(theirs) || theirs.length !== ours.length) return false;
    return ours.every((element, index) => sameJson(element, theirs[index] as JsonValue));
  }
  if (!isJsonObject(left) || !isJsonObject(right)) return false;
  const members = Object.entries(left);
  if (members.length !== Object.keys(right).length) return false;
  return members.every(([name, value]) => Object.hasOwn(right, name) && sameJson(value, right[name] ?? null));
}

/** True for two configs of one type and version with equal fields, or for null twice. */
export function sameConfig(left: Config | null, right: Config | null): boolean {
  if (left === right) return true;
  if (left === null || right === null) return false;
  return left.type === right.type && left.version === right.version && sameJson(left.toFields(), right.toFields());
}

/** True when both map the same keys to the same configs, in any order: what torchao asks of a recipe's two maps. */
export function sameEntries(left: Recipe, right: Recipe): boolean {
  if (left.entries.length !== right.entries.length) return false;
  const configs = new Map(right.entries.map(({ key, config }) => [key, config]));
  return left.entries.every(({ key, config }) => {
    const other = configs.get(key);
    return other !== undefined && sameConfig(config, other);
  });
}
