import type { OutputTensor } from '@fewbit/core';

import { METADATA_KEY } from '../header/parse-header.ts';
import { shown } from '../json/json-scanner.ts';
import { componentPrefix, splitName } from '../torchao/component-names.ts';

const COMPONENT_NAME = /^[A-Za-z0-9_]+$/;
const LONE_SURROGATE = /\p{Surrogate}/u;

/** For each tensor, the names that its components are stored under; and why some of them cannot be. */
export interface StoredNames {
  readonly names: readonly (readonly string[])[];
  /** One sentence each, without a full stop. */
  readonly problems: readonly string[];
}

/** Names every component as torchao's flattening does: `MODULE._PARAMETER_COMPONENT`; a plain tensor keeps its name. */
export function nameComponents(tensors: readonly OutputTensor[]): StoredNames {
  const problems: string[] = [];
  const flattened = tensors.some(({ quantized }) => quantized !== null);
  const names = tensors.map((tensor): readonly string[] => {
    const { name, quantized, components } = tensor;
    if (LONE_SURROGATE.test(name)) problems.push(`${shown(name)} is not well-formed Unicode`);
    if (flattened && !name.includes('.'))
      problems.push(`${shown(name)} has no dot, and torchao's loader splits every name at one`);
    if (quantized === null) {
      if (components.length !== 1) problems.push(`${shown(name)} is plain but has ${components.length} components`);
      if (name === METADATA_KEY) problems.push(`${shown(name)} is reserved by the format`);
      return components.map(() => name);
    }
    for (const component of components) {
      if (!COMPONENT_NAME.test(component.name))
        problems.push(`${shown(name)} has a component named ${shown(component.name)}`);
    }
    if (components.length === 0) problems.push(`${shown(name)} is quantized but has no components`);
    const prefix = componentPrefix(splitName(name) ?? { module: '', parameter: name });
    return components.map((component) => prefix + component.name);
  });
  problems.push(...repeated(tensors.map(({ name }) => name)), ...repeated(flattened ? names.flat() : []));
  return { names, problems };
}

function repeated(names: readonly string[]): string[] {
  const seen: Set<string> = new Set(names);
  if (seen.size === names.length) return [];
  const twice: Set<string> = new Set();
  for (const name of names) if (!seen.delete(name)) twice.add(name);
  return [...twice].map((name) => `two tensors would be stored as ${shown(name)}`);
}
