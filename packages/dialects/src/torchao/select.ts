import { REGEX_PREFIX, type DialectFailure } from '@fewbit/core';
import type { ModuleNode, OwnParameter } from '../model/module-node.ts';
import type { Keys } from '../reading/keys.ts';
import { patternFailure } from '../reading/pattern-error.ts';

/** A parameter that torchao sees, with its place among all parameters of the module. */
export interface Visible {
  readonly own: OwnParameter;
  readonly position: number;
}

/** Whether `quantize_` gives a module to the handler at all, or what it raises over the question. */
export function selects(keys: Keys, node: ModuleNode, visible: readonly Visible[]): boolean | DialectFailure {
  const ofModule = matches(keys, node.fqn);
  if (ofModule !== false) return ofModule;
  for (const { own } of visible) {
    const ofParameter = matches(keys, own.info.name);
    if (ofParameter !== false) return ofParameter;
  }
  return keys.defaultEntry !== -1 && isLinear(node);
}

/** torchao's `fqn_matches_fqn_config`. */
function matches(keys: Keys, fqn: string): boolean | DialectFailure {
  const exact = keys.exact(fqn);
  if (exact !== -1) return fqn.startsWith(REGEX_PREFIX) ? namedLikeAPattern(exact, fqn) : true;
  const entry = keys.firstRegex(fqn);
  const error = entry === -1 ? undefined : keys.broken.get(entry);
  return error === undefined ? entry !== -1 : patternFailure(entry, error, fqn);
}

/** Whether torchao counts a module as linear: its `_is_linear`. */
function isLinear({ own }: ModuleNode): boolean {
  return own.some(({ info }) => info.parameter === 'weight' && info.kind === 'linear');
}

function namedLikeAPattern(entry: number, at: string): DialectFailure {
  const message = `a name of the model begins with "${REGEX_PREFIX}" and is a key`;
  return { error: 'AssertionError', message, at, entries: [entry] };
}
