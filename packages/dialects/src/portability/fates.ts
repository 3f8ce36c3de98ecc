import { isJsonObject, type Config, type DialectReading, type JsonValue, type Recipe } from '@fewbit/core';

/** What a parameter comes to: the number of its config among the distinct ones of a recipe, or PLAIN. */
export type FateNumber = number;

export const PLAIN: FateNumber = -1;

/** Numbers configs so that equal ones have one number, across recipes. */
export interface ConfigNumbers {
  readonly numberOf: (config: Config) => FateNumber;
  /** The first config that got the number; null for PLAIN. */
  readonly config: (fate: FateNumber) => Config | null;
}

export function createConfigNumbers(): ConfigNumbers {
  const known: Map<Config, FateNumber> = new Map();
  const byText: Map<string, FateNumber> = new Map();
  const distinct: Config[] = [];
  function numberOf(config: Config): FateNumber {
    const found = known.get(config);
    if (found !== undefined) return found;
    // Text, so that ten thousand configs are not compared two by two.
    const text = `${config.type} ${config.version} ${sortedText(config.toFields())}`;
    const fate = byText.get(text) ?? distinct.push(config) - 1;
    byText.set(text, fate);
    known.set(config, fate);
    return fate;
  }
  return { numberOf, config: (fate) => distinct[fate] ?? null };
}

/** What a reading comes to for each parameter. */
export function fatesOf(recipe: Recipe, { verdicts }: DialectReading, numbers: ConfigNumbers): readonly FateNumber[] {
  const ofEntry = recipe.entries.map(({ config }) => (config === null ? PLAIN : numbers.numberOf(config)));
  return verdicts.map(({ outcome, entry }) => (outcome === 'config' ? (ofEntry[entry] ?? PLAIN) : PLAIN));
}

/** JSON text that does not depend on the order of members, as equality of configs does not. */
function sortedText(value: JsonValue): string {
  if (Array.isArray(value)) return `[${(value as readonly JsonValue[]).map(sortedText).join(',')}]`;
  if (!isJsonObject(value)) return JSON.stringify(value);
  const members = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${sortedText(member)}`).join(',')}}`;
}
