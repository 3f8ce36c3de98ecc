import { DEFAULT_KEY, REGEX_PREFIX } from '@fewbit/core';
import type { ModuleNode } from '../model/module-tree.ts';
import type { Keys } from '../reading/keys.ts';
import { patternFailure } from '../reading/pattern-error.ts';
import type { Visible } from './read-module.ts';
import { ModuleRaised } from './states.ts';

export interface Selection {
  readonly keys: Keys;
  readonly matches: (fqn: string) => boolean;
}

/** torchao's `fqn_matches_fqn_config`. */
export function createSelection(keys: Keys): Selection {
  return {
    keys,
    matches: (fqn) => {
      const exact = keys.exact(fqn);
      if (exact !== -1) {
        if (fqn.startsWith(REGEX_PREFIX)) throw new ModuleRaised(literalPattern(exact, fqn));
        return true;
      }
      const entry = keys.firstRegex(fqn);
      const error = entry === -1 ? undefined : keys.broken.get(entry);
      if (error !== undefined) throw new ModuleRaised(patternFailure(entry, error, fqn));
      return entry !== -1;
    },
  };
}

/** Whether `quantize_` gives a module to the handler at all. @throws ModuleRaised for a pattern that is broken. */
export function selects({ keys, matches }: Selection, node: ModuleNode, visible: readonly Visible[]): boolean {
  if (matches(node.fqn)) return true;
  if (visible.some(({ own }) => matches(own.info.name))) return true;
  return keys.defaultEntry !== -1 && isLinear(node);
}

/** Whether torchao counts a module as linear: its `_is_linear`. */
function isLinear({ own }: ModuleNode): boolean {
  return own.some(({ info }) => info.parameter === 'weight' && info.kind === 'linear');
}

function literalPattern(entry: number, at: string): ModuleRaised['failure'] {
  const message = `a module or parameter has a name that begins with "${REGEX_PREFIX}" and is a key, where ${DEFAULT_KEY} and names are expected`;
  return { error: 'AssertionError', message, at, entries: [entry] };
}
