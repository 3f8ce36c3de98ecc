import type { OutputTensor } from '@fewbit/core';

import { jsonEscape, nestedEscape, pythonEscape, type Escape } from '../json/escapes.ts';
import { storedKey, type StoredNames } from './stored-names.ts';

/** How many bytes a tensor's names take between the quotes of the files, by the tensor's index. */
export interface TextLengths {
  /** Its key in a header. */
  readonly headerKey: (tensor: number) => number;
  /** Its key in the index. */
  readonly indexKey: (tensor: number) => number;
  /** Its name in the metadata. */
  readonly name: (tensor: number) => number;
  /** Its name in the metadata's list of names. */
  readonly listedName: (tensor: number) => number;
}

/** Underscores before and after the parameter's name. */
const ADDED_TO_QUANTIZED = 2;

export function createTextLengths(
  tensors: readonly OutputTensor[],
  { keys: { begins }, plainNames }: Pick<StoredNames, 'keys' | 'plainNames'>,
): TextLengths {
  if (plainNames) {
    const key = (tensor: number): number => (begins[tensor + 1] ?? 0) - (begins[tensor] ?? 0);
    const name = (tensor: number): number => key(tensor) - (tensors[tensor]?.quantizer ? ADDED_TO_QUANTIZED : 0);
    return { headerKey: key, indexKey: key, name, listedName: name };
  }
  const encoder = new TextEncoder();
  const lengthOf =
    (textOf: (tensor: OutputTensor) => string, escape: Escape) =>
    (index: number): number => {
      const tensor = tensors[index];
      return tensor === undefined ? 0 : encoder.encode(escape(textOf(tensor))).byteLength;
    };
  const nameOf = ({ parameter }: OutputTensor): string => parameter.name;
  return {
    headerKey: lengthOf(storedKey, jsonEscape),
    indexKey: lengthOf(storedKey, pythonEscape),
    name: lengthOf(nameOf, jsonEscape),
    listedName: lengthOf(nameOf, nestedEscape),
  };
}
