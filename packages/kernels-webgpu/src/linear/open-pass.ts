import { FewbitError, type StackPart } from '@fewbit/core';
import { beginPass, type PassParts } from '../device/pass.ts';
import type { Tensors, WebgpuTensor } from '../tensor.ts';
import type { KernelTable } from './kernels.ts';
import { encodeLinear, rangesOf, type PlacedLinear } from './run-linear.ts';

/** What was loaded: one layer, or several that take the same activations. */
export interface Placed {
  readonly linears: readonly [PlacedLinear, ...PlacedLinear[]];
  /** Where one layer was made of several: the columns of its results that are each one's. */
  readonly parts: readonly StackPart[] | null;
}

/** A command buffer that takes layers. */
export interface OpenPass {
  readonly run: (placed: Placed, x: WebgpuTensor) => readonly WebgpuTensor[];
  readonly submit: (after?: (encoder: GPUCommandEncoder) => void) => void;
}

export interface OpenPassParts extends PassParts {
  readonly kernels: KernelTable;
  readonly tensors: Tensors;
}

export function openPass(passParts: OpenPassParts): OpenPass {
  const { kernels, limits, tensors } = passParts;
  const pass = beginPass(passParts);
  /** What is released before `submit` must not be written to before what the pass does with it. */
  const held: (() => void)[] = [];
  let submitted = false;
  return {
    run({ linears, parts }, x) {
      assertOpen();
      tensors.check(x);
      // All that may be refused is refused before there is anything to give back.
      const work = linears.map((linear) => {
        const { inFeatures, outFeatures } = linear.params;
        if (x.columns !== inFeatures) {
          throw refused(
            `a linear layer was given activations of ${x.columns} columns`,
            `its ${inFeatures} in features`,
          );
        }
        return { linear, outFeatures, ranges: rangesOf(x, outFeatures, limits) };
      });
      held.push(tensors.hold(x));
      const results = work.map(({ linear, outFeatures, ranges }) => {
        const y = tensors.create(x.rows, outFeatures);
        held.push(tensors.hold(y));
        if (x.rows > 0) encodeLinear(pass, kernels, linear, ranges, x, y);
        return y;
      });
      const [whole] = results;
      return parts === null || whole === undefined ? results : tensors.cut(whole, parts);
    },
    submit(after) {
      assertOpen();
      submitted = true;
      pass.submit(after);
      for (const letGo of held) letGo();
    },
  };

  function assertOpen(): void {
    if (submitted) throw refused('a pass was used after it was submitted', 'a new one, by begin()');
  }
}

function refused(message: string, allowed: string): FewbitError {
  return new FewbitError('FEWBIT_INFERENCE_INVALID', { message, allowed });
}
