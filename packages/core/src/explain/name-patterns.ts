import { fillTemplate, isOfTemplate, scanName, templateOf, type ScannedName } from './name-template.ts';
import { boundsOf, fillingOf, splitIntoProducts, type Filling } from './number-sets.ts';

/** Names of one template, as their numbers. */
export interface NameNumbers {
  /** How many numbers the template has. */
  readonly places: number;
  /** The numbers of each name, one name after the other. */
  readonly numbers: number[];
  /** How many names. */
  count: number;
}

/** What stands for some names of one template. */
export interface NamePattern {
  /** `model.layers.{0-2,4}.mlp.up_proj.weight`: each of the numbers with each. */
  readonly pattern: string;
  /** How many names the pattern stands for: more than `members` where the numbers do not combine freely. */
  readonly names: number;
  /** Which of the names, ascending; null for all of them. */
  readonly members: readonly number[] | null;
}

/** What does not split into so few patterns is shown as one of which not every name is there. */
const MAX_PATTERNS = 6;

/** The patterns that stand for names of one template: each name is in one of them. */
export function patternsOf(template: string, names: NameNumbers): readonly NamePattern[] {
  const products = splitIntoProducts(names, MAX_PATTERNS);
  if (products === null) return [filled(template, boundsOf(names), null)];
  return products.map((product) => {
    const fillings = product.map(fillingOf);
    if (products.length === 1) return filled(template, fillings, null);
    const sets = product.map((values) => new Set(values));
    const isMember = (name: number): boolean =>
      sets.every((set, place) => set.has(names.numbers[name * names.places + place] ?? -1));
    const members = Array.from({ length: names.count }, (_, name) => name).filter(isMember);
    return filled(template, fillings, members);
  });
}

function filled(template: string, fillings: readonly Filling[], members: readonly number[] | null): NamePattern {
  const texts = fillings.map(({ text }) => text);
  const names = fillings.reduce((product, { size }) => product * size, 1);
  return { pattern: fillTemplate(template, texts), names, members };
}

/** What belongs to each template, made when the first name of it comes. */
export interface Templates<T> {
  /** In order of first appearance. */
  readonly all: ReadonlyMap<string, T>;
  /** Looks a name up, and leaves its numbers in `numbers` until the next one. */
  readonly of: (name: string) => T;
  readonly numbers: readonly number[];
}

export function createTemplates<T>(make: () => T): Templates<T> {
  const all: Map<string, T> = new Map();
  // Of two templates of one hash the later one stays; the other is then found by its text.
  const byHash: Map<number, { readonly template: string; readonly value: T }> = new Map();
  const scanned: ScannedName = { hash: 0, numbers: [] };
  const of = (name: string): T => {
    scanName(name, scanned);
    const known = byHash.get(scanned.hash);
    if (known !== undefined && isOfTemplate(name, known.template)) return known.value;
    const template = templateOf(name);
    const value = all.get(template) ?? make();
    all.set(template, value);
    byHash.set(scanned.hash, { template, value });
    return value;
  };
  return { all, of, numbers: scanned.numbers };
}
