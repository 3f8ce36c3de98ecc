import { FewbitError, InvalidRecipeError, PlanRefusedError } from '@fewbit/core';
import { jsonText } from './json.ts';
import { printable } from './table.ts';

/** For people: what was seen, where, what is allowed, what to do. A stack only where fewbit itself is at fault. */
export function errorText(error: unknown): string {
  if (FewbitError.isInstance(error)) return `error: ${lines(error.message)}\n`;
  if (error instanceof Error) return `internal error, please report it: ${error.stack ?? error.message}\n`;
  return `internal error, please report it: ${String(error)}\n`;
}

function lines(message: string): string {
  return message.split('\n').map(printable).join('\n');
}

/** For programs: the fields of the message, one by one. */
export function errorJson(error: FewbitError): string {
  const { code, message, where, allowed, hint } = error;
  return jsonText({ error: { code, message, where, allowed, hint, ...problemsOf(error) } });
}

function problemsOf(error: FewbitError): { readonly problems?: unknown } {
  if (error instanceof PlanRefusedError) return { problems: error.problems };
  if (!(error instanceof InvalidRecipeError)) return {};
  // A cause is an error object, which JSON would show as {}.
  return { problems: error.problems.map(({ message, hint, key, position }) => ({ message, hint, key, position })) };
}
