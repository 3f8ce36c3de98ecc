import { InvalidCheckpointError, JsonScanner, type JsonRules } from '@fewbit/core';

/**
 * Walks the JSON of a checkpoint.
 *
 * @param where Names the text in errors, which are InvalidCheckpointError.
 * @param bytes The text as UTF-8, where the caller has it: it is then walked faster.
 */
export function scanCheckpointJson(text: string, where: string, bytes?: Uint8Array): JsonScanner {
  const rules: JsonRules = {
    fail: ({ message, position, allowed }) => {
      throw new InvalidCheckpointError({
        message: `${message} at character ${position}`,
        where,
        ...(allowed === undefined ? {} : { allowed }),
      });
    },
  };
  // As many characters as bytes: all of them are ASCII.
  return new JsonScanner(text, rules, 0, bytes?.length === text.length ? bytes : null);
}

/** A name or text in quotes, cut to what a message can hold, control characters escaped. */
export function shown(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}
