import type { DialectModel, ParameterInfo } from '@fewbit/core';

/** A parameter of the model that transformers builds, and the checkpoint's tensors that become it. */
export interface InMemoryParameter {
  readonly info: ParameterInfo;
  /** Places in the model's list. */
  readonly sources: readonly number[];
}

/** The model's parameters under its own names, in the order of their first source. */
export function inMemoryParameters(
  { parameters }: DialectModel,
  nameOf: ((name: string) => string) | undefined,
): readonly InMemoryParameter[] {
  if (nameOf === undefined) return parameters.map((info, index) => ({ info, sources: [index] }));
  const sources: Map<string, number[]> = new Map();
  parameters.forEach(({ name }, index) => {
    const inMemory = nameOf(name);
    const known = sources.get(inMemory);
    if (known === undefined) sources.set(inMemory, [index]);
    else known.push(index);
  });
  return Array.from(sources, ([name, indexes]) => ({
    info: renamed(
      name,
      indexes.flatMap((index) => parameters[index] ?? []),
    ),
    sources: indexes,
  }));
}

function renamed(name: string, sources: readonly ParameterInfo[]): ParameterInfo {
  const [first] = sources;
  if (first === undefined) throw new Error('a parameter without a source');
  if (first.name === name) return first;
  const dot = name.lastIndexOf('.');
  const own = { name, module: name.slice(0, Math.max(0, dot)), parameter: name.slice(dot + 1) };
  if (sources.length === 1) return { ...first, ...own };
  return { ...first, ...own, kind: 'experts', shape: stackedShape(sources) };
}

/** Experts of equal shapes, one for each source that has the first one's own name, their parts one below the other. */
function stackedShape(sources: readonly ParameterInfo[]): readonly number[] {
  const [first] = sources;
  const [rows = 1, columns = 1] = first?.shape ?? [];
  const part = lastTwo(first?.name ?? '');
  const experts = sources.filter(({ name }) => lastTwo(name) === part).length;
  return [experts, (rows * sources.length) / experts, columns];
}

function lastTwo(name: string): string {
  return name.slice(name.lastIndexOf('.', name.lastIndexOf('.') - 1) + 1);
}
