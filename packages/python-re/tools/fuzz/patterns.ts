/** Random valid patterns in six families, the last of which mixes the others, and short strings that are likely to matter to them. */
import type { Random } from './random.ts';

export const FAMILIES = ['regular', 'lookaround', 'atomic', 'references', 'conditionals', 'mixed'] as const;
export type Family = (typeof FAMILIES)[number];

const ATOMS = [
  'a',
  'b',
  'c',
  '.',
  '[ab]',
  '[^a]',
  '\\w',
  '\\d',
  '\\s',
  '\\W',
  '[a-c_]',
  '1',
  '_',
  '\\n',
  'A',
  ' ',
] as const;
const ANCHORS = ['^', '$', '\\b', '\\B', '\\A', '\\Z'] as const;
const QUANTIFIERS = ['*', '+', '?', '{2}', '{1,2}', '{,2}', '{0,1}', '{2,}', '{,}', '{0}', '{3}'] as const;
const ALPHABET = ['a', 'a', 'b', 'b', 'c', 'c', 'A', '1', '_', ' ', '\n', 'é', '😀'] as const;

class Generator {
  groups = 0;
  /** Quantifiers around the item being made; CPython takes exponential time in deep nests. */
  #loops = 0;
  readonly #closed: number[] = [];
  readonly #open: number[] = [];
  #behind = 0;
  readonly #random: Random;
  readonly #family: Family;
  readonly #possessive: boolean;

  constructor(random: Random, family: Family) {
    this.#random = random;
    this.#family = family;
    this.#possessive = family === 'atomic' || family === 'mixed';
  }

  #special(depth: number, family: Family): string | undefined {
    const r = this.#random;
    switch (family) {
      case 'mixed':
        return this.#special(depth, r.pick(FAMILIES.slice(1, -1)));
      case 'regular':
        return undefined;
      case 'lookaround': {
        const sign = r.pick(['=', '!']);
        if (r.chance(0.65)) return `(?${sign}${this.alternatives(depth - 1)})`;
        this.#behind++;
        const body = this.fixed(1 + r.below(2));
        this.#behind--;
        return `(?<${sign}${body})`;
      }
      case 'atomic':
        return `(?>${this.alternatives(depth - 1)})`;
      case 'references': {
        const group = this.#closed[r.below(this.#closed.length)];
        return group === undefined || this.#behind > 0 ? undefined : `\\${group}(?:)`;
      }
      case 'conditionals': {
        const groups = r.chance(0.3) ? this.#open : this.#closed;
        const group = r.chance(0.9) ? groups[r.below(groups.length)] : 1;
        if (group === undefined || this.#behind > 0) return undefined;
        const no = r.chance(0.7) ? `|${this.sequence(depth - 1)}` : '';
        return `(?(${group})${this.sequence(depth - 1)}${no})`;
      }
    }
  }

  fixed(width: number): string {
    return Array.from({ length: width }, () => this.#random.pick(ATOMS)).join('');
  }

  atom(depth: number): string {
    const r = this.#random;
    if (depth <= 0 || r.chance(0.45)) return r.pick(ATOMS);
    if (r.chance(0.4)) {
      const special = this.#special(depth, this.#family);
      if (special !== undefined) return special;
    }
    if (r.chance(0.1)) return `(?${r.pick(['i', 's', 'm', 'a', 'i-s', '-i'])}:${this.alternatives(depth - 1)})`;
    if (r.chance(0.4)) return `(?:${this.alternatives(depth - 1)})`;
    const group = ++this.groups;
    this.#open.push(group);
    const text = `(${this.alternatives(depth - 1)})`;
    this.#open.pop();
    this.#closed.push(group);
    return text;
  }

  item(depth: number): string {
    const r = this.#random;
    if (r.chance(0.08)) return r.pick(ANCHORS);
    const repeat = this.#loops < 2 && r.chance(0.45);
    if (repeat) this.#loops++;
    const atom = this.atom(depth);
    if (!repeat) return atom;
    this.#loops--;
    const possessive = this.#possessive && r.chance(0.4) ? '+' : r.chance(0.25) ? '?' : '';
    return atom + r.pick(QUANTIFIERS) + possessive;
  }

  sequence(depth: number): string {
    const length = this.#random.below(4);
    return Array.from({ length }, () => this.item(depth)).join('');
  }

  alternatives(depth: number): string {
    const branches = 1 + (this.#random.chance(0.4) ? 1 + this.#random.below(2) : 0);
    return Array.from({ length: branches }, () => this.sequence(depth)).join('|');
  }
}

/** A pattern of the family; it may still be invalid, which is a comparison too. */
export function randomPattern(random: Random, family: Family): string {
  const generator = new Generator(random, family);
  const flags = random.chance(0.15) ? `(?${random.pick(['i', 's', 'm', 'a', 'im', 'is'])})` : '';
  return flags + generator.alternatives(4);
}

/** Strings to try with one pattern. */
export function randomSubjects(random: Random, count: number): string[] {
  return Array.from({ length: count }, () =>
    Array.from({ length: random.below(7) }, () => random.pick(ALPHABET)).join(''),
  );
}
