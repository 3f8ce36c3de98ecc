import { compile, escape, type Node } from '@fewbit/python-re';
import { childrenOf } from '../pattern/confine.ts';
import { has } from '../pattern/module-forms.ts';
import { mayHaveVerboseComments, scoped, textItems } from '../pattern/regex-text.ts';

const SPECIAL: readonly string[] = ['.*', '^', '$', '|', '(', ')', '[', ']', '?', '+'];

/** True when AutoRound takes a key for a part of a name, not for a pattern. */
export function isPlainText(key: string): boolean {
  return !SPECIAL.some((special) => key.includes(special));
}

/**
 * The pattern that AutoRound makes of a key that is no layer's full name, to be searched for anywhere in names.
 *
 * Plain text is itself. Otherwise every dot that no star follows is escaped, so that `layers.0.*` means the dot that a
 * person means; what was escaped already is escaped once more, and `layers\.0.*` then asks for a backslash.
 */
export function standardRegex(key: string): string {
  if (isPlainText(key)) return `.*${escape(key)}.*`;
  const middle = key.replace(/\.(\*?)/g, (_, star: string) => (star === '*' ? '.*' : '\\.'));
  const front = middle.startsWith('^') || middle.startsWith('.*') ? '' : '.*';
  const back = middle.endsWith('$') || middle.endsWith('.*') ? '' : '.*';
  return `${front}${middle}${back}`;
}

/**
 * A key of which AutoRound makes a pattern that matches exactly the names that a given one fully matches. Null where the
 * text cannot be taken apart.
 */
export function respell(fullSource: string): string | null {
  if (mayHaveVerboseComments(fullSource)) return null;
  const source = scoped(fullSource);
  const points = Array.from(source);
  const wide = anyCharacters(compile(source).syntax.root);
  const parts: string[] = [];
  for (const { kind, start, end } of textItems(points)) {
    const text = points.slice(start, end).join('');
    if (kind === 'escape' && text === '\\.') parts.push('[.]');
    // In a class an escaped dot would let in the backslash.
    else if (kind === 'class') parts.push(text.replaceAll('\\.', '.'));
    else if (kind === 'character' && text === '.' && points[end] !== '*')
      parts.push(wide.has(start) ? '[\\s\\S]' : '[^\\n]');
    else if (kind !== 'comment') parts.push(text);
  }
  return `^${parts.join('')}$`;
}

/** Places of the dots that also stand for a line end. */
function anyCharacters(node: Node): ReadonlySet<number> {
  const own = node.kind === 'char' && has(node.set, 0x0a) ? [node.pos] : [];
  return new Set([...own, ...childrenOf(node).flatMap((child) => [...anyCharacters(child)])]);
}

/** The key of one layer, in a form that is asked like a pattern, since a pattern beats a name. */
export function exactKey(module: string): string {
  return `^${escape(module).replaceAll('\\.', '.')}$`;
}
