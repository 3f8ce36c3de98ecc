import type { TensorQuantizer } from '../contracts/config-type.ts';
import { FewbitError } from '../errors.ts';
import type { Plan, WorkItem } from '../plan/plan.ts';
import type { Recipe } from '../recipe/recipe.ts';
import { quantizerOf } from './item-runner.ts';

/** The statistics that measuring gathers, merged per span of each tensor. */
export interface Statistics {
  readonly add: (item: WorkItem, measured: Uint8Array | null) => void;
  /** The statistic of the span that an item lies in; null for a tensor that is not measured. */
  readonly of: (item: WorkItem) => Uint8Array | null;
}

export function createStatistics(plan: Plan, recipe: Recipe): Statistics {
  const merged: Map<number, Map<number, Uint8Array>> = new Map();
  const quantizers: Map<number, TensorQuantizer> = new Map();
  for (const { phase, tensor: index } of plan.items) {
    const tensor = plan.tensors[index];
    if (phase === 'measure' && tensor !== undefined && !quantizers.has(index)) {
      quantizers.set(index, quantizerOf(tensor, recipe));
      merged.set(index, new Map());
    }
  }
  return {
    add: (item, measured) => {
      const quantizer = quantizers.get(item.tensor);
      const spans = merged.get(item.tensor);
      if (item.phase !== 'measure' || measured === null || quantizer?.measure === undefined || spans === undefined)
        return;
      const span = Math.floor(item.start / quantizer.span);
      const before = spans.get(span);
      spans.set(span, before === undefined ? measured : quantizer.measure.merge(before, measured));
    },
    of: (item) => {
      const quantizer = quantizers.get(item.tensor);
      if (quantizer === undefined) return null;
      const statistic = merged.get(item.tensor)?.get(Math.floor(item.start / quantizer.span));
      if (statistic === undefined) {
        throw new FewbitError('FEWBIT_PLAN_INVALID', {
          message: `elements ${item.start} to ${item.end} of tensor ${item.tensor} are quantized but were never measured`,
          hint: 'The plan lacks work items.',
        });
      }
      return statistic;
    },
  };
}
