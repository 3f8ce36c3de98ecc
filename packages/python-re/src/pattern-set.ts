import { Arena, type Re } from './engine/arena.ts';
import { RegularEngine } from './engine/engine.ts';
import { Meter, OutOfWork } from './engine/meter.ts';
import { type KeyPlan, planKey } from './engine/plan.ts';
import { PythonReError, UndecidedError } from './errors.ts';
import { type CompileOptions, type Settings, settingsOf } from './options.ts';
import { Pattern } from './pattern.ts';
import { Backtracker, CodePoints } from './vm/backtracker.ts';

/** A pattern of a set that could not be compiled. */
export interface PatternSetError {
  /** Its place in the list given to `compileSet`. */
  readonly index: number;
  /** Why; `error.index` is the same number. */
  readonly error: PythonReError;
}

/** A key whose regular part is not the whole truth: what else must hold. */
interface Conditional {
  readonly index: number;
  /** Numbers of single expressions of the engine and whether they must not match; undefined for the machine. */
  readonly guards: readonly (readonly [single: number, negated: boolean])[] | undefined;
}

/** Many patterns that are asked together, made by `compileSet`. */
export class PatternSet {
  /** The patterns as given. */
  readonly patterns: readonly string[];
  /** Those that could not be compiled, in order. They act like `raise` where a loop in Python would reach them. */
  readonly errors: readonly PatternSetError[];
  readonly #settings: Settings;
  readonly #meter: Meter;
  readonly #engine: RegularEngine;
  readonly #compiled: ReadonlyMap<number, Pattern>;
  /** Index of each regular expression of the engine. */
  readonly #regular: readonly number[];
  readonly #conditional: readonly Conditional[];
  readonly #testers: Map<number, Backtracker> = new Map();
  readonly #codes: CodePoints = new CodePoints();

  /** @internal Use `compileSet`. */
  constructor(patterns: readonly (string | Pattern)[], settings: Settings) {
    const errors: PatternSetError[] = [];
    const compiled: Map<number, Pattern> = new Map();
    const arena = new Arena();
    const plans: [index: number, plan: KeyPlan][] = [];
    patterns.forEach((given, index) => {
      try {
        const pattern = typeof given === 'string' ? new Pattern(given, settings) : given;
        // The edges of words depend on the version; the machine of the pattern knows its own.
        const foreign = pattern.settings.version !== settings.version;
        const plan = planKey(pattern.syntax.root, arena, settings.limits.nodes);
        plans.push([index, foreign ? { kind: 'verified', re: arena.anything } : plan]);
        compiled.set(index, pattern);
      } catch (error) {
        if (!(error instanceof PythonReError)) throw error;
        error.index = index;
        errors.push({ index, error });
      }
    });
    this.patterns = patterns.map((pattern) => (typeof pattern === 'string' ? pattern : pattern.pattern));
    this.errors = errors;
    this.#settings = settings;
    this.#compiled = compiled;
    this.#meter = new Meter(settings.limits.totalSteps, settings.limits.stateBytes);
    const single: Re[] = [];
    const ofKind = (regular: boolean): typeof plans => plans.filter(([, { kind }]) => (kind === 'regular') === regular);
    const regular = ofKind(true);
    const others = ofKind(false);
    this.#regular = regular.map(([index]) => index);
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

  /** Units of work done so far, of `limits.totalSteps`. */
  get work(): number {
    return this.#meter.work;
  }

  /**
   * Returns the index of the first pattern that matches all of `name`, or -1.
   *
   * @throws {PythonReError} the error of pattern `i` (one of `errors`) when no pattern before `i` matches, exactly where
   * a loop over `re.fullmatch` would raise; `UndecidedError` when a limit ran out before the answer was known.
   */
  firstFullmatch(name: string): number {
    return this.#metered(name, () => {
      const [broken] = this.errors;
      const reach = broken?.index ?? Infinity;
      const best = this.#engine.load(name) ? this.#byAutomata(name, reach) : this.#byMachine(name, reach);
      if (broken && (best < 0 || best > broken.index)) throw broken.error;
      return best;
    });
  }

  /**
   * Returns the indices of all patterns that match all of `name`, in order.
   *
   * @throws {PythonReError} the first of `errors`, if there is any; `UndecidedError` when a limit ran out.
   */
  allFullmatches(name: string): number[] {
    const [broken] = this.errors;
    if (broken) throw broken.error;
    return this.#metered(name, () => {
      if (!this.#engine.load(name)) {
        const length = this.#codes.load(name);
        return [...this.#compiled.keys()].filter((index) => this.#test(index, length, name));
      }
      const found = Array.from(this.#engine.every(), (rank) => this.#regular[rank] ?? -1);
      for (const other of this.#candidates()) if (this.#holds(other, name)) found.push(other.index);
      return found.sort((a, b) => a - b);
    });
  }

  #candidates(): Conditional[] {
    if (this.#conditional.length === 0) return [];
    return this.#engine.candidates().flatMap((rank) => this.#conditional[rank] ?? []);
  }

  #byAutomata(name: string, reach: number): number {
    const rank = this.#engine.first();
    const best = rank < 0 ? -1 : (this.#regular[rank] ?? -1);
    if (this.#conditional.length === 0) return best;
    const other = this.#firstConditional(name, best < 0 ? reach : Math.min(best, reach));
    return other < 0 ? best : other;
  }

  #firstConditional(name: string, bound: number): number {
    for (const other of this.#candidates()) {
      if (other.index >= bound) break;
      if (this.#holds(other, name)) return other.index;
    }
    return -1;
  }

  #byMachine(name: string, bound: number): number {
    const length = this.#codes.load(name);
    for (const index of this.#compiled.keys()) {
      if (index < bound && this.#test(index, length, name)) return index;
    }
    return -1;
  }

  #holds({ index, guards }: Conditional, name: string): boolean {
    if (guards) return guards.every(([single, negated]) => this.#engine.single(single) !== negated);
    return this.#test(index, this.#codes.load(name), name);
  }

  /** Asks the backtracking machine about the string that `#codes` holds. */
  #test(index: number, length: number, name: string): boolean {
    const pattern = this.#compiled.get(index);
    if (!pattern) return false;
    let tester = this.#testers.get(index);
    if (!tester) {
      tester = new Backtracker(pattern.pattern, pattern.syntax, pattern.settings, false);
      this.#testers.set(index, tester);
    }
    try {
      return tester.find('fullmatch', this.#codes.text, length, name) !== undefined;
    } catch (error) {
      if (error instanceof PythonReError) error.index = index;
      throw error;
    } finally {
      this.#meter.spend(tester.steps);
    }
  }

  #metered<T>(name: string, ask: () => T): T {
    const { steps, totalSteps } = this.#settings.limits;
    const count = Math.max(1, this.patterns.length);
    this.#meter.allow((steps + name.length) * count);
    try {
      return ask();
    } catch (error) {
      if (!(error instanceof OutOfWork)) throw error;
      const what = count === 1 ? (this.patterns[0] ?? '') : `set of ${count} patterns`;
      if (this.#meter.work > totalSteps) throw new UndecidedError(what, name, 'totalSteps', totalSteps);
      throw new UndecidedError(what, name, 'steps', steps);
    }
  }
}

/**
 * Compiles many patterns to be asked together; the first match wins. A pattern that cannot be compiled does not stop
 * the others: it is listed in `errors`, and thrown when a name reaches it.
 */
export function compileSet(patterns: readonly (string | Pattern)[], options?: CompileOptions): PatternSet {
  return new PatternSet(patterns, settingsOf(options));
}
