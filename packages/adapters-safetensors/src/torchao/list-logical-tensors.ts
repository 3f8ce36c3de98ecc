import { InvalidCheckpointError, type Checkpoint, type LogicalTensor, type StoredTensor } from '@fewbit/core';

import { named } from '../checkpoint/check-index.ts';
import { shown } from '../json/checkpoint-json.ts';
import { componentPrefix, FORMAT_KEY, isDotless, TENSOR_NAMES_KEY, TORCHAO_CLASSES } from './component-names.ts';
import {
  parseDescription,
  parseStrict,
  type QuantizedDescription,
  type TensorDescription,
} from './tensor-description.ts';

export interface LogicalTensors {
  /** In the order of the metadata's `tensor_names`; of a checkpoint without such, in the order of the file. */
  readonly tensors: readonly LogicalTensor[];
  /** Stored tensors that the metadata does not account for. torchao hands them back, transformers ignores them. */
  readonly leftovers: readonly StoredTensor[];
}

export interface LogicalTensorOptions {
  /** Classes of quantized tensors to accept. Those of torchao's loader unless told. */
  readonly classes?: ReadonlySet<string>;
}

/** Something because of which torchao's loader raises, or loses a tensor without a word. */
export interface LogicalTensorProblem {
  readonly kind: 'metadata' | 'not-stored' | 'unknown-class' | 'no-dot' | 'missing-component' | 'prefix-collision';
  /** The tensor that is lost; null where the metadata as a whole is at fault. */
  readonly name: string | null;
  readonly message: string;
  /** What there is of the tensor, or null. */
  readonly tensor: LogicalTensor | null;
  /** What reading the metadata threw, if it did. */
  readonly error?: InvalidCheckpointError;
}

export interface ReadLogicalTensors extends LogicalTensors {
  readonly problems: readonly LogicalTensorProblem[];
}

/** True when the metadata is torchao's: it lists tensor names. */
export function isTorchaoMetadata(metadata: ReadonlyMap<string, string>): boolean {
  return metadata.has(TENSOR_NAMES_KEY);
}

/**
 * The tensors that were flattened into a checkpoint, put together again from its metadata: what torchao's
 * `unflatten_tensor_state_dict` does to all shards at once, checks included, in one pass. Without torchao's metadata every
 * tensor is plain. It does not matter whether each shard describes all tensors or only its own.
 *
 * @throws InvalidCheckpointError where torchao's loader would raise, or would lose a tensor without a word.
 */
export function listLogicalTensors(
  checkpoint: Pick<Checkpoint, 'tensors' | 'metadata'>,
  options: LogicalTensorOptions = {},
): LogicalTensors {
  const { tensors, leftovers, problems } = readLogicalTensors(checkpoint, options);
  const [unreadable] = problems.flatMap(({ error }) => error ?? []);
  if (unreadable !== undefined) throw unreadable;
  if (problems.length > 0) throw lostTensors(problems.map(({ message }) => message));
  return { tensors, leftovers };
}

/** Like `listLogicalTensors`, for one who wants to see what is wrong: lists the problems and never throws. */
export function readLogicalTensors(
  { tensors: stored, metadata }: Pick<Checkpoint, 'tensors' | 'metadata'>,
  { classes = TORCHAO_CLASSES }: LogicalTensorOptions = {},
): ReadLogicalTensors {
  if (!isTorchaoMetadata(metadata)) return { tensors: stored.map(plain), leftovers: [], problems: [] };
  const byName: Map<string, StoredTensor> = new Map(stored.map((tensor) => [tensor.name, tensor]));
  const keys = [...new Set([...byName.keys(), ...metadata.keys()])].sort();
  const rest: Set<string> = new Set(byName.keys());
  const problems: LogicalTensorProblem[] = [];
  const tensors: LogicalTensor[] = [];
  for (const [name, description] of describedTensors(metadata, problems)) {
    if (description === null) {
      const tensor = byName.get(name);
      if (tensor !== undefined) {
        rest.delete(name);
        tensors.push(plain(tensor));
      } else {
        const message = `${shown(name)} is described but not stored`;
        problems.push({ kind: 'not-stored', name, message, tensor: null });
      }
      continue;
    }
    const tensor = assemble(name, description, byName);
    for (const component of tensor.components.values()) rest.delete(component.name);
    const problem = checkQuantized(name, description, { classes, byName, keys });
    if (problem === null) tensors.push(tensor);
    else problems.push({ ...problem, name, tensor });
  }
  return { tensors, leftovers: stored.filter(({ name }) => rest.has(name)), problems };
}

function plain(tensor: StoredTensor): LogicalTensor {
  return { name: tensor.name, quantized: null, components: new Map([['', tensor]]) };
}

function* describedTensors(
  metadata: ReadonlyMap<string, string>,
  problems: LogicalTensorProblem[],
): Generator<[string, TensorDescription]> {
  const orProblem = <T>(name: string | null, read: () => T): T | undefined => {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof InvalidCheckpointError)) throw error;
      problems.push({ kind: 'metadata', name, message: error.message.replace(/\.$/, ''), tensor: null, error });
      return undefined;
    }
  };
  const listed = orProblem(null, () => parseNames(metadata.get(TENSOR_NAMES_KEY) ?? '')) ?? new Set();
  const parsed: Map<string, TensorDescription> = new Map();
  // Tensors of one shape and class share their text, so each text is parsed once.
  const describe = (name: string, text: string): TensorDescription => {
    const known = parsed.get(text);
    if (known !== undefined || parsed.has(text)) return known ?? null;
    const description = parseDescription(text, `metadata of ${shown(name)}`);
    parsed.set(text, description);
    return description;
  };
  for (const name of listed) {
    const description = orProblem(name, () => {
      const text = metadata.get(name);
      if (text !== undefined) return describe(name, text);
      throw new InvalidCheckpointError({ message: `the metadata lists ${shown(name)} and does not describe it` });
    });
    if (description !== undefined) yield [name, description];
  }
  // Where each shard describes only its own tensors, the list that stands is the last shard's.
  for (const [name, text] of metadata) {
    if (name === TENSOR_NAMES_KEY || name === FORMAT_KEY || listed.has(name) || !text.startsWith('{"_type":')) continue;
    const description = orProblem(name, () => describe(name, text));
    if (description !== undefined) yield [name, description];
  }
}

function parseNames(text: string): ReadonlySet<string> {
  const value = parseStrict(text, TENSOR_NAMES_KEY);
  if (Array.isArray(value) && value.length > 0 && value.every((name) => typeof name === 'string')) {
    const names: Set<string> = new Set(value);
    if (names.size === value.length) return names;
  }
  throw new InvalidCheckpointError({
    message: `"${TENSOR_NAMES_KEY}" of the metadata is not as expected`,
    allowed: 'a list of different names, not empty',
  });
}

interface Stored {
  readonly classes: ReadonlySet<string>;
  readonly byName: ReadonlyMap<string, StoredTensor>;
  /** Of tensors and metadata, sorted. */
  readonly keys: readonly string[];
}

function checkQuantized(
  name: string,
  { tensorClass, componentNames }: QuantizedDescription,
  { classes, byName, keys }: Stored,
): Pick<LogicalTensorProblem, 'kind' | 'message'> | null {
  if (!classes.has(tensorClass)) {
    return {
      kind: 'unknown-class',
      message: `${shown(name)} is a ${shown(tensorClass)}, a class that no loader knows`,
    };
  }
  if (isDotless(name)) {
    return { kind: 'no-dot', message: `${shown(name)} has no dot, and torchao's loader splits every name at one` };
  }
  const prefix = componentPrefix(name);
  const missing = componentNames.filter((component) => !byName.has(prefix + component));
  if (missing.length > 0) {
    return { kind: 'missing-component', message: `${shown(name)} lacks ${missing.map(shown).join(', ')}` };
  }
  for (let at = lowerBound(keys, prefix); keys[at]?.startsWith(prefix) === true; at++) {
    const key = keys[at] ?? '';
    if (!componentNames.includes(key.slice(prefix.length))) {
      const message = `${shown(name)} has the components ${componentNames.join(', ')}, but ${shown(key)} begins with ${shown(prefix)} too, and torchao's loader drops the tensor`;
      return { kind: 'prefix-collision', message };
    }
  }
  return null;
}

function assemble(
  name: string,
  { tensorClass, attributes, componentNames }: QuantizedDescription,
  byName: ReadonlyMap<string, StoredTensor>,
): LogicalTensor {
  const prefix = componentPrefix(name);
  const components: Map<string, StoredTensor> = new Map();
  for (const component of componentNames) {
    const tensor = byName.get(prefix + component);
    if (tensor !== undefined) components.set(component, tensor);
  }
  return { name, quantized: { tensorClass, attributes }, components };
}

function lostTensors(problems: readonly string[]): InvalidCheckpointError {
  return new InvalidCheckpointError({
    message: `quantized tensors cannot be put together: ${named(problems)}`,
    hint: 'Write the checkpoint again, or fetch all of its shards.',
  });
}

function lowerBound(sorted: readonly string[], wanted: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? '') < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}
