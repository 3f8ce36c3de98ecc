import { InvalidCheckpointError, JsonScanner } from '@fewbit/core';

/** Walks the JSON of a checkpoint. `where` names the text in errors, which are InvalidCheckpointError. */
export function scanCheckpointJson(text: string, where: string): JsonScanner {
  return new JsonScanner(text, {
    fail: ({ message, position, allowed }) => {
      throw new InvalidCheckpointError({
        message: `${message} at character ${position}`,
        where,
        ...(allowed === undefined ? {} : { allowed }),
      });
    },
  });
}

/** A name or text in quotes, cut to what a message can hold, control characters escaped. */
export function shown(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}
