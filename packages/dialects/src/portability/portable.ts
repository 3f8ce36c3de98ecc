import type { Config, Dialect, DialectFailure, DialectModel, DialectReading, Recipe, RecipeEntry } from '@fewbit/core';
import { mapNames, type MappedNames } from '../name-spaces/map-names.ts';
import { modelTypeOf } from '../name-spaces/model-type.ts';
import type { NameSpace, NameSpaceTable } from '../name-spaces/table.ts';
import { createConfigNumbers, fatesOf, type ConfigNumbers, type FateNumber } from './fates.ts';
import { formsOf, type PortableKey, type PortableModule } from './forms.ts';
import { portableModules } from './modules.ts';

export interface PortableOptions {
  /** What the recipe means: the reading that the portable form keeps. */
  readonly reference: Dialect;
  /** Default: `defaultNameSpaceTable`. */
  readonly table?: NameSpaceTable;
}

/** A recipe that every dialect reads alike, or why there is none. */
export interface PortableForm {
  /** Exact keys only, in the model's order, which no dialect looks at; null when there is no such recipe. */
  readonly recipe: Recipe | null;
  /** The parameters for which the dialects cannot be brought to agree, in the model's order. */
  readonly refused: readonly RefusedParameter[];
  /** Runs that fail whatever is tried. */
  readonly failures: readonly { readonly dialect: string; readonly failure: DialectFailure }[];
}

export interface RefusedParameter {
  /** Place in the model. */
  readonly index: number;
  /** Why, as a sentence without a full stop; the same text for the same reason. */
  readonly why: string;
  /** The dialects that read it otherwise than the reference. */
  readonly dialects: readonly string[];
}

/**
 * Rewrites a recipe so that all the dialects read it as the reference reads the one given: expanded to exact keys, under each
 * name that a dialect has for a module. Whatever is written is read again with every dialect before it is returned.
 *
 * The form does not depend on the order of its keys, so it survives being saved by transformers, which sorts them.
 *
 * @param dialects - Those that shall agree; the reference need not be among them.
 */
export function toPortableRecipe(
  recipe: Recipe,
  model: DialectModel,
  dialects: readonly Dialect[],
  { reference, table }: PortableOptions,
): PortableForm {
  const numbers = createConfigNumbers();
  const meant = reference.read(recipe, model);
  if (meant.failure !== null) {
    return { recipe: null, refused: [], failures: [{ dialect: reference.name, failure: meant.failure }] };
  }
  const fates = fatesOf(recipe, meant, numbers);
  const readers = dialects.includes(reference) ? dialects : [reference, ...dialects];
  const spaces = spacesOf(readers).map((space) => mapNames(model.parameters, space, modelTypeOf(model.config), table));
  const { modules, conflicts } = portableModules(model.parameters, fates, spaces);

  const attempts = createAttempts(modules);
  let best: Outcome | null = null;
  for (;;) {
    const written = writeRecipe(attempts.keys(), numbers);
    const outcome = readAll(written, model, readers, fates, numbers);
    if (outcome.wrong.size === 0 && outcome.failures.length === 0)
      return { recipe: written, refused: [], failures: [] };
    // What stays wrong in the attempt that comes closest is what cannot be said; later attempts break other things as well.
    if (best === null || closer(outcome, best)) best = outcome;
    const touched = modulesOf(outcome, spaces, modules);
    if (!attempts.advance(touched.one, touched.alike)) return refusalOf(best, conflicts);
  }
}

function closer(left: Outcome, right: Outcome): boolean {
  if (left.failures.length !== right.failures.length) return left.failures.length < right.failures.length;
  return left.wrong.size < right.wrong.size;
}

function refusalOf({ wrong, failures }: Outcome, conflicts: ReadonlyMap<number, string>): PortableForm {
  const refused = Array.from(wrong, ([index, { why, dialects }]) => ({
    index,
    why: conflicts.get(index) ?? why,
    dialects,
  }));
  return { recipe: null, refused: refused.sort((left, right) => left.index - right.index), failures };
}

function spacesOf(dialects: readonly Dialect[]): readonly NameSpace[] {
  const spaces: NameSpace[] = ['checkpoint'];
  for (const space of ['transformers', 'vllm'] as const)
    if (dialects.some((dialect) => dialect.space === space)) spaces.push(space);
  return spaces;
}

/** Which form of its keys each module is at. */
interface Attempts {
  readonly keys: () => Iterable<PortableKey>;
  /**
   * Goes on to the next form.
   *
   * @param one - Modules that go on alone.
   * @param alike - Modules that go on with all that look like them: a failed run names only the first.
   * @returns False when none of them has another form.
   */
  readonly advance: (one: ReadonlySet<string>, alike: ReadonlySet<string>) => boolean;
}

function createAttempts(modules: ReadonlyMap<string, PortableModule>): Attempts {
  const states = new Map(
    Array.from(modules, ([fqn, module]) => [fqn, { forms: formsOf(module), at: 0, look: lookOf(module) }]),
  );
  function* keys(): Generator<PortableKey> {
    for (const { forms, at } of states.values()) yield* forms[at] ?? [];
  }
  function advance(one: ReadonlySet<string>, alike: ReadonlySet<string>): boolean {
    const looks = new Set(Array.from(alike, (fqn) => states.get(fqn)?.look));
    let advanced = false;
    for (const [fqn, state] of states) {
      if (!one.has(fqn) && !looks.has(state.look)) continue;
      if (state.at + 1 >= state.forms.length) continue;
      state.at += 1;
      advanced = true;
    }
    return advanced;
  }
  return { keys, advance };
}

function lookOf({ quantized, plain, moduleKey }: PortableModule): string {
  return JSON.stringify([[...quantized], plain, moduleKey]);
}

function writeRecipe(keys: Iterable<PortableKey>, numbers: ConfigNumbers): Recipe {
  const entries: Map<string, Config | null> = new Map();
  for (const [key, fate] of keys) {
    // A null of one space must not undo what another one's name of the same text gets; the readings below show the rest.
    if (fate === null && entries.has(key)) continue;
    entries.set(key, fate === null ? null : numbers.config(fate));
  }
  return { entries: Array.from(entries, ([key, config]): RecipeEntry => ({ key, config })) };
}

interface Outcome {
  /** Parameters that some dialect reads otherwise, by place. */
  readonly wrong: ReadonlyMap<number, { readonly why: string; readonly dialects: readonly string[] }>;
  readonly failures: PortableForm['failures'];
}

function readAll(
  written: Recipe,
  model: DialectModel,
  readers: readonly Dialect[],
  fates: readonly FateNumber[],
  numbers: ConfigNumbers,
): Outcome {
  const wrong: Map<number, { why: string; dialects: string[] }> = new Map();
  const failures: { dialect: string; failure: DialectFailure }[] = [];
  for (const dialect of readers) {
    const reading = dialect.read(written, model);
    if (reading.failure !== null) failures.push({ dialect: dialect.name, failure: reading.failure });
    else noteWrong(dialect, written, reading);
  }
  return { wrong, failures };

  function noteWrong(dialect: Dialect, recipe: Recipe, reading: DialectReading): void {
    for (const [index, fate] of fatesOf(recipe, reading, numbers).entries()) {
      if (fate === fates[index]) continue;
      const known = wrong.get(index);
      if (known === undefined) wrong.set(index, { why: whyOf(dialect, reading, index), dialects: [dialect.name] });
      else known.dialects.push(dialect.name);
    }
  }
}

function whyOf({ name }: Dialect, { verdicts }: DialectReading, index: number): string {
  const verdict = verdicts[index];
  return verdict?.outcome === 'config'
    ? `${name} would quantize it otherwise: ${verdict.because}`
    : `${name} leaves it as it is: ${verdict?.because ?? ''}`;
}

/** The modules that an outcome is about. */
function modulesOf(
  { wrong, failures }: Outcome,
  spaces: readonly MappedNames[],
  modules: ReadonlyMap<string, PortableModule>,
): { readonly one: ReadonlySet<string>; readonly alike: ReadonlySet<string> } {
  const one: Set<string> = new Set();
  for (const index of wrong.keys()) for (const { names } of spaces) one.add(moduleOf(names[index] ?? ''));
  const alike: Set<string> = new Set();
  for (const { failure } of failures) {
    for (const fqn of [failure.at, moduleOf(failure.at)]) if (modules.has(fqn)) alike.add(fqn);
  }
  return { one, alike };
}

function moduleOf(name: string): string {
  return name.slice(0, Math.max(0, name.lastIndexOf('.')));
}
