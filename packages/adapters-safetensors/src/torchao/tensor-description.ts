import { InvalidCheckpointError, isJsonObject, type JsonObject, type JsonValue } from '@fewbit/core';

import { scanCheckpointJson, shown } from '../json/checkpoint-json.ts';
import { PLAIN_TYPE } from './component-names.ts';

/** A metadata entry of a tensor; null for a plain one. */
export type TensorDescription = QuantizedDescription | null;

export interface QuantizedDescription {
  readonly tensorClass: string;
  readonly attributes: JsonObject;
  readonly componentNames: readonly string[];
}

/**
 * Parses the metadata text of one tensor.
 *
 * @throws InvalidCheckpointError for anything that torchao's loader would not take.
 */
export function parseDescription(text: string, where: string): TensorDescription {
  const value = parseStrict(text, where);
  const refuse = (message: string, allowed: string): never => {
    throw new InvalidCheckpointError({ message, where, allowed });
  };
  if (!isJsonObject(value)) return refuse('the metadata is no object', 'an object with "_type"');
  const type = member(value, '_type');
  if (typeof type !== 'string') return refuse('the metadata has no "_type"', 'the name of a class');
  if (type === PLAIN_TYPE) return null;
  const attributes = member(value, '_data');
  if (!isJsonObject(attributes)) return refuse(`"_data" of the ${shown(type)} is no object`, 'its attributes by name');
  const names = member(value, '_tensor_data_names');
  if (!isNameList(names))
    return refuse(`"_tensor_data_names" of the ${shown(type)} is no list of different names`, 'its components by name');
  return { tensorClass: type, attributes, componentNames: names };
}

/** `JSON.parse` for text from outside: bounded nesting, no name twice in an object. */
export function parseStrict(text: string, where: string): JsonValue {
  const scanner = scanCheckpointJson(text, where);
  scanner.skip();
  scanner.end();
  return JSON.parse(text) as JsonValue;
}

function member(object: JsonObject, name: string): JsonValue | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

function isNameList(value: JsonValue | undefined): value is readonly string[] {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((name) => typeof name === 'string') &&
    new Set(value).size === value.length
  );
}
