import type { ParameterInfo } from '@fewbit/core';

/** A module of a model, as far as its parameters' names tell. */
export interface ModuleNode {
  /** FQN; '' for the root. */
  readonly fqn: string;
  /** The last component of its FQN. */
  readonly name: string;
  /** What it owns itself, buffers included, in the order in which it registers them. */
  readonly own: readonly OwnParameter[];
  readonly children: ReadonlyMap<string, ModuleNode>;
}

export interface OwnParameter {
  readonly info: ParameterInfo;
  /** Place in the model's list; -1 for a tensor that the model has and its checkpoint does not. */
  readonly index: number;
}
