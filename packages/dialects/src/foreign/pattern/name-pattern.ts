import { escape } from '@fewbit/python-re';
import { scoped } from './regex-text.ts';

/**
 * Which modules a rule is about.
 *
 * - `exact`: the module of this FQN.
 * - `regex`: Python's `re.match`, `re.search` or `re.fullmatch` on the module's FQN.
 * - `all`: every module.
 */
export type NamePattern =
  | { readonly form: 'exact'; readonly module: string }
  | { readonly form: 'all' }
  | { readonly form: 'regex'; readonly source: string; readonly anchor: 'match' | 'search' | 'full' };

export function exact(module: string): NamePattern {
  return { form: 'exact', module };
}

export const ALL: NamePattern = { form: 'all' };

export function regex(source: string, anchor: 'match' | 'search' | 'full'): NamePattern {
  return { form: 'regex', source, anchor };
}

/**
 * A Python pattern whose full match on the module's name is what the pattern means.
 *
 * @throws PythonReError for a pattern that Python refuses, or that is not supported.
 */
export function fullSource(pattern: NamePattern): string {
  switch (pattern.form) {
    case 'exact':
      return escape(pattern.module);
    case 'all':
      return ANYTHING;
    case 'regex': {
      const body = scoped(pattern.source);
      if (pattern.anchor === 'full') return body;
      return pattern.anchor === 'match' ? `${body}${ANYTHING}` : `${ANYTHING}${body}${ANYTHING}`;
    }
  }
}

/** Any text, line ends included. */
export const ANYTHING = '(?s:.*)';

/** A pattern that spells out one name, `^model\\.layers\\.0\\.mlp\\.up_proj$`, as that name; any other as it is. */
export function literalOf(pattern: NamePattern): NamePattern {
  if (pattern.form !== 'regex') return pattern;
  const { anchor, source } = pattern;
  const found = /^(?<start>\^?)(?<name>(?:\w|-|\\[.-])+)(?<end>(?:\$|\\Z)?)$/.exec(source)?.groups;
  if (found === undefined) return pattern;
  if ((anchor === 'search' && found.start === '') || (anchor !== 'full' && found.end === '')) return pattern;
  return exact((found.name ?? '').replaceAll('\\', ''));
}

/** FQN of a module's weight. */
export function weightOf(module: string): string {
  return module === '' ? 'weight' : `${module}.weight`;
}
