import { type ParseContext, raise } from './context.ts';

/** The flags in force at one place of the pattern. */
export interface Flags {
  readonly ignoreCase: boolean;
  readonly multiLine: boolean;
  readonly dotAll: boolean;
  readonly verbose: boolean;
  readonly ascii: boolean;
}

const isAlpha = (c: ParseContext, token: string): boolean => c.isAlpha(token);

/** Letters that may stand in `(?…)`; `t` is known to old versions only, and only to be refused. */
export const isFlagLetter = (c: ParseContext, token: string): boolean =>
  token.length === 1 && ('iLmsxau'.includes(token) || (token === 't' && c.rules.hasTemplateFlag));

/** Letters switched on and off by a group. */
export interface FlagChange {
  readonly on: string;
  readonly off: string;
}

const TYPE_LETTERS = 'aLu';

/** Applies a change; switching one of `a` and `u` on switches the other off. */
export function applyFlags(flags: Flags, { on, off }: FlagChange): Flags {
  const now = (letter: string, before: boolean): boolean => (before || on.includes(letter)) && !off.includes(letter);
  return {
    ignoreCase: now('i', flags.ignoreCase),
    multiLine: now('m', flags.multiLine),
    dotAll: now('s', flags.dotAll),
    verbose: now('x', flags.verbose),
    ascii: on.includes('a') || (flags.ascii && !on.includes('u')),
  };
}

/**
 * Reads the letters after `(?`, of which `first` was just taken. A group that ends in `)` sets global flags, which is
 * reported as undefined.
 */
export function parseFlags(c: ParseContext, first: string): FlagChange | undefined {
  const { source } = c;
  let on = '';
  let off = '';
  let token = first;
  const next = (missing: string, terminators: string): boolean => {
    const taken = source.take();
    if (taken === undefined) return raise(c, missing, 0);
    token = taken;
    if (taken.length === 1 && terminators.includes(taken)) return false;
    if (isFlagLetter(c, taken)) return true;
    return raise(c, isAlpha(c, taken) ? 'unknown flag' : missing, Array.from(taken).length);
  };
  if (token !== '-') {
    do {
      if (token === 'L') raise(c, "bad inline flags: cannot use 'L' flag with a str pattern", 0);
      on += token;
      const types = new Set(Array.from(on).filter((letter) => TYPE_LETTERS.includes(letter)));
      if (TYPE_LETTERS.includes(token) && types.size > 1) {
        raise(c, "bad inline flags: flags 'a', 'u' and 'L' are incompatible", 0);
      }
    } while (next('missing -, : or )', ')-:'));
  }
  if (token === ')') {
    c.addGlobalFlags(on);
    return undefined;
  }
  if (on.includes('t')) raise(c, 'bad inline flags: cannot turn on global flag', 1);
  if (token === '-') {
    const taken = source.take();
    if (taken === undefined) return raise(c, 'missing flag', 0);
    if (!isFlagLetter(c, taken)) {
      raise(c, isAlpha(c, taken) ? 'unknown flag' : 'missing flag', Array.from(taken).length);
    }
    token = taken;
    do {
      if (TYPE_LETTERS.includes(token)) raise(c, "bad inline flags: cannot turn off flags 'a', 'u' and 'L'", 0);
      off += token;
    } while (next('missing :', ':'));
  }
  if (off.includes('t')) raise(c, 'bad inline flags: cannot turn off global flag', 1);
  if (Array.from(on).some((letter) => off.includes(letter))) raise(c, 'bad inline flags: flag turned on and off', 1);
  return { on, off };
}
