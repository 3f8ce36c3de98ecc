import type { JsonObject } from '@fewbit/core';

/** `model_type` of a `config.json`; null when it says none. */
export function modelTypeOf(config: JsonObject | null): string | null {
  const type = config !== null && Object.hasOwn(config, 'model_type') ? config.model_type : null;
  return typeof type === 'string' ? type : null;
}
