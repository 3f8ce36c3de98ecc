import type { JsonObject } from '../json.ts';
import type { Recipe } from '../recipe/recipe.ts';
import type { ParameterInfo } from '../tensor.ts';

/** One way to read a recipe: what a certain consumer makes of it, errors included. */
export interface Dialect {
  /** For programs: `torchao`. */
  readonly name: string;
  /** For people: `torchao 0.18.0, as coded`. */
  readonly title: string;
  /** Whose names its keys are compared with, where they are not those of the checkpoint: `transformers`, `vllm`. */
  readonly space?: string;
  /** Never throws for a recipe or a model: what the consumer would raise is part of the reading. */
  readonly read: (recipe: Recipe, model: DialectModel) => DialectReading;
}

/** A model as far as a recipe can see it. */
export interface DialectModel {
  /** As the checkpoint names them. */
  readonly parameters: readonly ParameterInfo[];
  /** The model's `config.json`; null when there is none. */
  readonly config: JsonObject | null;
  /**
   * FQNs of all the model's modules, the root ('') and those without parameters included, in the order in which the model
   * registers them, where that is known (`named_modules()`); `parameters` are then in its order too. Absent for a checkpoint,
   * which knows neither: dialects then derive modules from the parameters' names.
   */
  readonly modules?: readonly string[];
}

/** What a consumer makes of a recipe. */
export interface DialectReading {
  /** One for each of the model's parameters, in their order. Equal verdicts may be one object. */
  readonly verdicts: readonly DialectVerdict[];
  /** The first error that the consumer raises, which ends the job; null when it goes through. */
  readonly failure: DialectFailure | null;
  /** What goes through and is broken all the same: a quantized bias that the forward pass cannot add. */
  readonly hazards: readonly DialectHazard[];
}

export interface DialectVerdict {
  /** `config`: the parameter gets the entry's config. `plain`: it stays as it is. */
  readonly outcome: 'config' | 'plain';
  /** Index of the recipe's entry that decides; -1 when none does. */
  readonly entry: number;
  /** Which of the consumer's rules decides, as a sentence without a full stop. */
  readonly because: string;
}

export interface DialectFailure {
  /** The class that Python shows: `AssertionError`. */
  readonly error: string;
  /** What sets it off, as a sentence without a full stop. */
  readonly message: string;
  /** FQN of the parameter or module at which it happens. */
  readonly at: string;
  /** The recipe's entries that lead to it. */
  readonly entries: readonly number[];
}

export interface DialectHazard {
  /** Stable, for programs: `bias-quantized`. */
  readonly id: string;
  readonly message: string;
  /** FQN of the parameter. */
  readonly at: string;
  readonly entry: number;
}
