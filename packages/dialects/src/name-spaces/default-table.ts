import type { FamilyNames, NameSpaceTable } from './table.ts';
import { TRANSFORMERS_NAMES } from './transformers-names.ts';
import { VLLM_NAMES } from './vllm-names.ts';

/** The names that transformers 5.23 and vLLM of 2026 give to the parameters of the families that we know. */
export const defaultNameSpaceTable: NameSpaceTable = { layers: [{ families: families() }] };

function families(): Readonly<Record<string, FamilyNames>> {
  const types = new Set([...Object.keys(TRANSFORMERS_NAMES), ...Object.keys(VLLM_NAMES)]);
  return Object.fromEntries(
    Array.from(types, (type) => {
      const [transformers, vllm] = [TRANSFORMERS_NAMES[type], VLLM_NAMES[type]];
      return [type, { ...(transformers && { transformers }), ...(vllm && { vllm }) }];
    }),
  );
}
