import type { ConfigRegistry, ParameterInfo, PatternOptions } from '@fewbit/core';
import type { RuleList } from './rules.ts';
import type { ForeignFinding } from './findings.ts';
import type { AdaptedScheme, Scheme } from './scheme/scheme.ts';

/** A recipe as some system writes it, read. */
export interface ForeignRecipe {
  /**
   * What the system does with a parameter of a model: our model of it, written from its own rules and not by way of
   * `rules`, so that each can be held against the other. Null: it stays as it is.
   *
   * @throws UndecidedError when a pattern takes too long to decide.
   */
  readonly select: (parameter: ParameterInfo) => Scheme | null;
  /** The same as rules of which the first that matches decides. */
  readonly rules: RuleList;
  /** What reading has found: calibration that torchao has not, entries that mean nothing. */
  readonly findings: readonly ForeignFinding[];
}

/** What a reader may ask about. */
export interface ReadOptions extends Pick<PatternOptions, 'pythonVersion'> {
  /** The config types that a recipe of torchao's is read with; other types are kept as they are written. */
  readonly registry?: ConfigRegistry;
  /** The parameters of the model that the recipe is for: AutoRound reads a key by whether a layer has its name. */
  readonly parameters?: readonly ParameterInfo[];
}

/** What a writer may ask about. */
export interface WriteOptions {
  /** The parameters of the model that the recipe is for, where they are known. */
  readonly parameters?: readonly ParameterInfo[];
  readonly registry?: ConfigRegistry;
  /** See `TorchaoOptions`. */
  readonly packInt4?: boolean;
}

export interface WrittenRecipe {
  readonly text: string;
  readonly findings: readonly ForeignFinding[];
}

/** One system's way to write recipes. */
export interface ForeignFormat {
  /** For programs and the command line: `gptqmodel`. */
  readonly name: string;
  /** For people, with the version that is described: `transformers 5.18 (…)`. */
  readonly title: string;
  /** @throws InvalidRecipeError with every problem that the text has, each with its place. */
  readonly read: (text: string, options?: ReadOptions) => ForeignRecipe;
  /** A scheme as the system can have it. Asked again about its own answer, it gives the same. */
  readonly adapt: (scheme: Scheme, options?: WriteOptions) => AdaptedScheme;
  /**
   * Writes rules in the system's own form and precedence. What cannot be written is in the findings, never left out in
   * silence.
   */
  readonly write: (list: RuleList, options?: WriteOptions) => WrittenRecipe;
}
