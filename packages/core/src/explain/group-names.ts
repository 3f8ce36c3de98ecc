import { fillTemplate, takeNumbers } from './name-template.ts';
import { boundsOf, fillingOf, splitIntoProducts, type Filling } from './number-sets.ts';

/** Names of one fate that differ only in the numbers inside them. */
export interface AlikeNames {
  /** `model.layers.{0-2,4}.mlp.up_proj.weight`: each of the numbers with each. */
  readonly pattern: string;
  /** How many names the pattern stands for: more than `members` where the numbers do not combine freely. */
  readonly names: number;
  /** Places in the list given, ascending. */
  readonly members: readonly number[];
}

/** What does not split into so few patterns is shown as one of which not every name is there. */
const MAX_PATTERNS = 6;

/**
 * Groups names that are alike but for numbers and come to the same, in order of first appearance.
 *
 * @param fateOf - Equal for names at two places that may be one group.
 */
export function groupNames(
  names: readonly string[],
  fateOf: (place: number) => string | number,
): readonly AlikeNames[] {
  const groups: Map<string, Map<string | number, Members>> = new Map();
  const numbers: number[] = [];
  for (const [place, name] of names.entries()) {
    const template = takeNumbers(name, numbers);
    const fates = groups.get(template) ?? new Map<string | number, Members>();
    groups.set(template, fates);
    const fate = fateOf(place);
    const members = fates.get(fate) ?? { places: [], numbers: [] };
    fates.set(fate, members);
    members.places.push(place);
    members.numbers.push(numbers.slice());
  }
  return Array.from(groups, ([template, fates]) =>
    Array.from(fates.values(), (members) => patternsOf(template, members)).flat(),
  ).flat();
}

interface Members {
  readonly places: number[];
  /** The numbers in each name. */
  readonly numbers: (readonly number[])[];
}

function patternsOf(template: string, { places, numbers }: Members): readonly AlikeNames[] {
  const products = splitIntoProducts(numbers, MAX_PATTERNS);
  if (products === null) return [alike(template, boundsOf(numbers), places)];
  return products.map((product) => {
    const fillings = product.map(fillingOf);
    if (products.length === 1) return alike(template, fillings, places);
    const sets = product.map((values) => new Set(values));
    const members = places.filter((_, at) => sets.every((set, hole) => set.has(numbers[at]?.[hole] ?? -1)));
    return alike(template, fillings, members);
  });
}

function alike(template: string, fillings: readonly Filling[], members: readonly number[]): AlikeNames {
  const texts = fillings.map(({ text }) => text);
  const names = fillings.reduce((product, { size }) => product * size, 1);
  return { pattern: fillTemplate(template, texts), names, members };
}
