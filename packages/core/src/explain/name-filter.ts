import { compile, escape, PythonReError } from '@fewbit/python-re';
import { FewbitError } from '../errors.ts';
import { quote } from '../quote.ts';
import { REGEX_PREFIX } from '../recipe/recipe.ts';

/** A set like `{0-60}` is written out; more would make a pattern that takes longer than the search. */
const MAX_ALTERNATIVES = 2000;

/**
 * Which names somebody means: `re:` and a Python pattern that matches the whole name, as in a recipe's keys; or a glob, in
 * which `*` stands for any characters, dots included, `?` for one, and `{0-2,5}` or `{q,k}` for each of a set, as explain
 * writes them.
 *
 * @throws FewbitError (`FEWBIT_SELECTION_INVALID`) for a pattern that cannot be used. The function that it gives throws the
 * same for a pattern that cannot be decided on a name.
 */
export function compileNameFilter(text: string): (name: string) => boolean {
  const pattern = text.startsWith(REGEX_PREFIX) ? text.slice(REGEX_PREFIX.length) : globPattern(text);
  const orSelectionError = <T>(action: () => T): T => {
    try {
      return action();
    } catch (cause) {
      if (!(cause instanceof PythonReError)) throw cause;
      const message = `the pattern cannot be used: ${cause.message.replace(/\.$/, '')}`;
      throw new FewbitError('FEWBIT_SELECTION_INVALID', { message, where: quote(text), cause });
    }
  };
  const compiled = orSelectionError(() => compile(pattern));
  return (name) => orSelectionError(() => compiled.testFullmatch(name));
}

function globPattern(glob: string): string {
  let pattern = '(?s:';
  let literal = '';
  for (let at = 0; at < glob.length; at += 1) {
    const character = glob.charAt(at);
    const end = character === '{' ? glob.indexOf('}', at) : -1;
    if (character !== '*' && character !== '?' && end === -1) {
      literal += character;
      continue;
    }
    pattern += escape(literal);
    literal = '';
    if (character === '*') pattern += '.*';
    else if (character === '?') pattern += '.';
    else {
      pattern += alternatives(glob, glob.slice(at + 1, end));
      at = end;
    }
  }
  return `${pattern}${escape(literal)})`;
}

function alternatives(glob: string, set: string): string {
  const all: string[] = [];
  for (const piece of set.split(',')) {
    const { first, last } = /^(?<first>\d{1,9})-(?<last>\d{1,9})$/.exec(piece)?.groups ?? {};
    const [least, greatest] = [Number(first), Number(last)];
    if (first === undefined) all.push(escape(piece));
    else
      for (let value = least; value <= greatest && all.length <= MAX_ALTERNATIVES; value += 1) all.push(String(value));
    if (all.length > MAX_ALTERNATIVES) {
      throw new FewbitError('FEWBIT_SELECTION_INVALID', {
        message: `{${set}} stands for more than ${MAX_ALTERNATIVES} names`,
        where: quote(glob),
        hint: 'Write * in its place.',
      });
    }
  }
  return `(?:${all.join('|')})`;
}
