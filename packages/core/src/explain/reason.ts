import type { Refusal } from '../plan/decide.ts';
import type { ParameterInfo } from '../tensor.ts';

/**
 * What becomes of a tensor.
 *
 * - `quantized`: it gets its key's config.
 * - `no-key`: no key matches it.
 * - `null-config`: its key says null: leave alone.
 * - `module-key`: a key of its module decides, and speaks for the module's `weight` only.
 * - `buffer`: no parameter, so no key selects it.
 * - `left-as-is`: its config takes no such tensor, and torchao passes over it.
 * - `refused`: its config takes no such tensor, and torchao raises: no plan can be made.
 */
export type Outcome = 'quantized' | 'no-key' | 'null-config' | 'module-key' | 'buffer' | 'left-as-is' | 'refused';

/** Why a tensor is not quantized, as a sentence without a full stop; null when it is. */
export function reasonOf(
  outcome: Outcome,
  { kind, parameter }: ParameterInfo,
  refusal: Refusal | null,
  hasDefault: boolean,
): string | null {
  switch (outcome) {
    case 'quantized':
      return null;
    case 'buffer':
      return 'a buffer, which no key selects';
    case 'null-config':
      return 'its key says null: leave alone';
    case 'module-key':
      return `a key of its module speaks only for "weight", not for "${parameter}"`;
    case 'no-key': {
      const seen = kind === 'linear' && parameter === 'weight' ? '' : ` (kind ${kind})`;
      return `no key matches${seen}${hasDefault ? ', and _default reaches only the weights of linear modules' : ''}`;
    }
    case 'left-as-is':
    case 'refused':
      if (refusal === null) return 'its config takes no such tensor';
      return refusal.hint === undefined ? refusal.reason : `${refusal.reason}. ${refusal.hint}`;
  }
}
