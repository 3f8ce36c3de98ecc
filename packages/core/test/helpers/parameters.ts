import type { MatchedParameter } from '../../src/matcher/matcher.ts';
import type { ModuleKind } from '../../src/modules/kind.ts';

/** A parameter from its FQN: the part after the last dot is its own name. Linear unless told. */
export function parameterOf(name: string, kind: ModuleKind = 'linear'): MatchedParameter {
  const dot = name.lastIndexOf('.');
  return { name, module: name.slice(0, Math.max(0, dot)), parameter: name.slice(dot + 1), kind };
}

export function parametersOf(names: readonly string[], kind: ModuleKind = 'linear'): readonly MatchedParameter[] {
  return names.map((name) => parameterOf(name, kind));
}
