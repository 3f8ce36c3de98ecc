import { REGEX_PREFIX, type DialectFailure, type ParameterInfo } from '@fewbit/core';
import { firstOf, type Keys } from '../reading/keys.ts';
import { patternFailure } from '../reading/pattern-error.ts';

/** What the two gates say about one parameter. */
export type Passage =
  | { readonly kind: 'entry'; readonly entry: number; readonly rule: Rule }
  | { readonly kind: 'none' }
  /** Raised before any tensor is converted. */
  | { readonly kind: 'raises'; readonly failure: DialectFailure };

export type Rule = 'parameter' | 'module' | 'regex' | 'default';

const NONE: Passage = { kind: 'none' };

/**
 * `param_needs_quantization` and `TorchAoQuantize.convert`: any key that matches the parameter or its module lets it in, and
 * so does `_default` where the module is linear. Inside, the first that applies decides: the parameter's key, the module's,
 * the first pattern in the order written that matches either name, `_default`.
 *
 * @param embeddingsCount - Whether embeddings count as linear.
 */
export function createGates(keys: Keys, embeddingsCount: boolean): (parameter: ParameterInfo) => Passage {
  let lastModule: string | null = null;
  let lastRegex = -1;
  const moduleRegex = (module: string): number => {
    if (module !== lastModule) {
      lastRegex = keys.firstRegex(module);
      lastModule = module;
    }
    return lastRegex;
  };

  return ({ name, module, kind }) => {
    if (!name.includes('.'))
      return raises('ValueError', 'transformers splits the name at a dot, and it has none', name, []);
    const ofModule = keys.exact(module);
    const ofParameter = keys.exact(name);
    if (ofModule !== -1) {
      if (module.startsWith(REGEX_PREFIX)) return raises('AssertionError', NAMED_LIKE_A_PATTERN, module, [ofModule]);
    } else {
      const broken = raisesAt(moduleRegex(module), module);
      if (broken !== null) return broken;
    }
    // A match of the module's ends the question.
    if (ofModule === -1 && moduleRegex(module) === -1) {
      if (ofParameter !== -1) {
        if (name.startsWith(REGEX_PREFIX)) return raises('AssertionError', NAMED_LIKE_A_PATTERN, name, [ofParameter]);
      } else {
        const broken = raisesAt(keys.firstRegex(name), name);
        if (broken !== null) return broken;
      }
    }
    if (ofParameter !== -1) return { kind: 'entry', entry: ofParameter, rule: 'parameter' };
    if (ofModule !== -1) return { kind: 'entry', entry: ofModule, rule: 'module' };
    const regex = firstOf(keys.firstRegex(name), moduleRegex(module));
    if (regex !== -1) return { kind: 'entry', entry: regex, rule: 'regex' };
    const reaches = kind === 'linear' || (embeddingsCount && kind === 'embedding');
    return keys.defaultEntry !== -1 && reaches ? { kind: 'entry', entry: keys.defaultEntry, rule: 'default' } : NONE;
  };

  function raisesAt(entry: number, at: string): Passage | null {
    const error = entry === -1 ? undefined : keys.broken.get(entry);
    return error === undefined ? null : { kind: 'raises', failure: patternFailure(entry, error, at) };
  }
}

const NAMED_LIKE_A_PATTERN = `a name begins with "${REGEX_PREFIX}" and is a key`;

function raises(error: string, message: string, at: string, entries: readonly number[]): Passage {
  return { kind: 'raises', failure: { error, message, at, entries } };
}
