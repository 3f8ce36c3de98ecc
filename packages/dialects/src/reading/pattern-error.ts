import { PatternError } from '@fewbit/python-re';
import type { DialectFailure } from '@fewbit/core';

/** What Python raises when it comes to a broken pattern while it matches a name. */
export function patternFailure(entry: number, error: Error | undefined, at: string): DialectFailure {
  const kind = error instanceof PatternError ? error.kind : (error?.name ?? 're.error');
  return { error: kind, message: `the pattern cannot be used: ${error?.message ?? ''}`, at, entries: [entry] };
}
