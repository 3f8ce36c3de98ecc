import { quote, type Config } from '@fewbit/core';

// More names make a message longer, not clearer.
const LISTED = 3;

/** `"a", "b", "c" and 4 more`. */
export function listed(names: readonly string[], count: number = names.length): string {
  const shown = names.slice(0, LISTED).map((name) => quote(name));
  const rest = count - shown.length;
  if (rest > 0) return `${shown.join(', ')} and ${rest} more`;
  const last = shown.pop() ?? '';
  return shown.length === 0 ? last : `${shown.join(', ')} and ${last}`;
}

/** What an entry gives, for a sentence. */
export function given(config: Config | null): string {
  return config === null ? 'null' : `${config.type} (${config.summary})`;
}
