import type { ParsedPattern } from './ast.ts';
import { partitionCost } from './engine/alphabet.ts';
import { Arena } from './engine/arena.ts';
import type { Re } from './engine/expression.ts';
import { RegularEngine } from './engine/engine.ts';
import { Meter, OutOfWork } from './engine/meter.ts';
import { Standings } from './engine/standings.ts';
import { type KeyPlan, planKey } from './engine/plan.ts';
import { PythonReError, UndecidedError } from './errors.ts';
import type { Settings } from './options.ts';
import { Backtracker, CodePoints } from './vm/backtracker.ts';

/** Telling characters apart costs too much beyond this; then every key goes to the machine. */
const MAX_PARTITION = 50_000_000;

const NONE: readonly number[] = [];

/** A pattern that Python accepts, as parsed. */
export interface ParsedKey {
  readonly pattern: string;
  readonly syntax: ParsedPattern;
  readonly settings: Settings;
}

/** A key whose regular part is not the whole truth: what else must hold. */
interface Conditional {
  readonly index: number;
  /** Numbers of single expressions of the engine and whether they must not match; undefined for the machine. */
  readonly guards: readonly (readonly [single: number, negated: boolean])[] | undefined;
}

/** Patterns that are asked together whether they match a whole string; indices are those of the list given. */
export class KeySet {
  readonly #keys: readonly (ParsedKey | undefined)[];
  readonly #settings: Settings;
  readonly #meter: Meter;
  readonly #engine: RegularEngine;
  /** Index of each regular expression of the engine. */
  readonly #regular: readonly number[];
  /** The same as the answer of one that matches alone, which is the most frequent: one list for all names. */
  readonly #alone: readonly (readonly number[])[];
  readonly #conditional: readonly Conditional[];
  readonly #testers: Map<number, Backtracker> = new Map();
  readonly #codes: CodePoints = new CodePoints();
  readonly #standings: Standings;
  // Emptied for each question.
  readonly #notes: number[] = [];

  /** Undefined keys match nothing. */
  constructor(keys: readonly (ParsedKey | undefined)[], settings: Settings) {
    let arena = new Arena();
    let plans: [index: number, plan: KeyPlan][] = [];
    keys.forEach((key, index) => {
      if (!key) return;
      const plan = planKey(key.syntax.root, arena, settings.limits.nodes);
      // The edges of words depend on the version; the machine of the pattern knows its own.
      const foreign = key.settings.version !== settings.version;
      plans.push([index, foreign ? { kind: 'verified', re: arena.anything } : plan]);
    });
    if (partitionCost(arena.sets) > MAX_PARTITION) {
      arena = new Arena();
      const re = arena.anything;
      plans = plans.map(([index]) => [index, { kind: 'verified', re }]);
    }
    this.#keys = keys;
    this.#settings = settings;
    this.#meter = new Meter(settings.limits.totalSteps, settings.limits.stateBytes);
    this.#meter.register({
      forget: () => {
        this.#testers.clear();
      },
    });
    this.#standings = new Standings(this.#meter);
    const single: Re[] = [];
    const regular = plans.filter(([, { kind }]) => kind === 'regular');
    const others = plans.filter(([, { kind }]) => kind !== 'regular');
    this.#regular = regular.map(([index]) => index);
    this.#alone = this.#regular.map((index) => [index]);
    this.#conditional = others.map(([index, plan]) => ({
      index,
      guards:
        plan.kind === 'guarded'
          ? plan.guards.map(({ re, negated }) => [single.push(re) - 1, negated] as const)
          : undefined,
    }));
    const parts = { regular: regular.map(([, { re }]) => re), candidates: others.map(([, { re }]) => re), single };
    this.#engine = new RegularEngine(parts, arena, settings.version, this.#meter);
  }

  /** Units of work done so far. */
  get work(): number {
    return this.#meter.work;
  }

  /**
   * The lowest index below `reach` whose pattern matches all of `text`, or -1.
   *
   * @throws {UndecidedError} when a limit ran out before the answer was known.
   */
  first(text: string, reach: number): number {
    this.#allow(text);
    try {
      if (!this.#engine.load(text)) return this.#byMachine(text, reach);
      const rank = this.#engine.first();
      const regular = rank < 0 ? Infinity : (this.#regular[rank] ?? Infinity);
      const bound = Math.min(regular, reach);
      const other = this.#conditional.length === 0 ? -1 : this.#firstConditional(text, bound);
      if (other >= 0) return other;
      return regular < reach ? regular : -1;
    } catch (error) {
      throw this.#undecided(error, text);
    }
  }

  /** All indices whose patterns match all of `text`, in order. Throws like `first`. */
  every(text: string): readonly number[] {
    this.#allow(text);
    try {
      if (!this.#engine.load(text)) {
        const length = this.#codes.load(text);
        return [...this.#keys.keys()].filter((index) => this.#test(index, length, text));
      }
      const ranks = this.#engine.every();
      if (this.#conditional.length === 0 && ranks.length < 2) return this.#alone[ranks[0] ?? -1] ?? NONE;
      const found = ranks.map((rank) => this.#regular[rank] ?? -1);
      for (const other of this.#candidates()) if (this.#holds(other, text)) found.push(other.index);
      return found.sort((a, b) => a - b);
    } catch (error) {
      throw this.#undecided(error, text);
    }
  }

  /** A number for what `every` says of the strings that begin with `text` and go on without a newline; -1 where it is not told. */
  classAfter(text: string): number {
    // Half of a pair would be another character with its other half.
    const last = text.charCodeAt(text.length - 1);
    if (last >= 0xd800 && last <= 0xdbff) return -1;
    this.#allow(text);
    try {
      return this.#standings.numberOf(() => {
        const notes = this.#notes;
        while (notes.length > 0) notes.pop();
        return this.#engine.load(text) && this.#engine.stand(notes) ? notes : undefined;
      });
    } catch (error) {
      if (error instanceof OutOfWork) return -1;
      throw error;
    }
  }

  #candidates(): Conditional[] {
    if (this.#conditional.length === 0) return [];
    return this.#engine.candidates().flatMap((rank) => this.#conditional[rank] ?? []);
  }

  #firstConditional(text: string, bound: number): number {
    for (const other of this.#candidates()) {
      if (other.index >= bound) break;
      if (this.#holds(other, text)) return other.index;
    }
    return -1;
  }

  #byMachine(text: string, reach: number): number {
    const length = this.#codes.load(text);
    const last = Math.min(reach, this.#keys.length);
    for (let index = 0; index < last; index++) if (this.#test(index, length, text)) return index;
    return -1;
  }

  #holds({ index, guards }: Conditional, text: string): boolean {
    if (guards) return guards.every(([single, negated]) => this.#engine.single(single) !== negated);
    return this.#test(index, this.#codes.load(text), text);
  }

  /** Asks the backtracking machine about the string that `#codes` holds. */
  #test(index: number, length: number, text: string): boolean {
    const key = this.#keys[index];
    if (!key) return false;
    let tester = this.#testers.get(index);
    if (!tester) {
      tester = new Backtracker(key.pattern, key.syntax, key.settings, false);
      this.#testers.set(index, tester);
    }
    let matches: boolean;
    try {
      matches = tester.find('fullmatch', this.#codes.text, length, text) !== undefined;
    } catch (error) {
      if (error instanceof PythonReError) error.index = index;
      throw error;
    }
    this.#meter.spend(tester.steps);
    const { grown } = tester;
    if (grown > 0) this.#meter.reserve(grown);
    return matches;
  }

  get #count(): number {
    return Math.max(1, this.#keys.length);
  }

  #allow(text: string): void {
    this.#meter.allow((this.#settings.limits.steps + text.length) * this.#count);
  }

  /** What to throw for `error`: an engine that ran out of work does not say who asked it. */
  #undecided(error: unknown, text: string): unknown {
    if (!(error instanceof OutOfWork)) return error;
    const { steps, totalSteps } = this.#settings.limits;
    const count = this.#count;
    const what = count === 1 ? (this.#keys[0]?.pattern ?? '') : `set of ${count} patterns`;
    if (this.#meter.work > totalSteps) return new UndecidedError(what, text, 'totalSteps', totalSteps);
    return new UndecidedError(what, text, 'steps', steps);
  }
}
