import { InvalidCheckpointError, isJsonObject, type JsonObject } from '@fewbit/core';

/** Real ones have a few kilobytes; one with a vocabulary inside, a few megabytes. */
export const MAX_CONFIG_BYTES = 16_000_000;

export const CONFIG_FILE = 'config.json';

const STRING_OR_CONSTANT = /"(?:[^"\\]|\\.)*"|-?Infinity\b|\bNaN\b/gs;

/**
 * Parses a model's `config.json`. Python writes `Infinity` and `NaN` there (`"time_step_limit": [0.0, Infinity]` in
 * state-space models), which JSON lacks: infinities become numbers, NaN becomes null.
 *
 * @throws InvalidCheckpointError for anything else that is not a JSON object.
 */
export function parseConfig(text: string, where: string): JsonObject {
  const value = parse(text) ?? parse(text.replace(STRING_OR_CONSTANT, standIn));
  if (isJsonObject(value)) return value;
  throw new InvalidCheckpointError({ message: 'the file does not hold a JSON object', where });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A number too large for a double reads as infinity. */
function standIn(token: string): string {
  if (token === 'Infinity') return '1e999';
  if (token === '-Infinity') return '-1e999';
  return token === 'NaN' ? 'null' : token;
}
