import type { OutputTensor } from '../contracts/checkpoint.ts';
import type { TensorQuantizer } from '../contracts/config-type.ts';
import type { Decisions } from './decide.ts';

/** What a layout is made of. Tensors of one quantizer share what does not depend on their names. */
export function outputTensors({ list }: Pick<Decisions, 'list'>): readonly OutputTensor[] {
  const shared: Map<TensorQuantizer, Pick<OutputTensor, 'quantized' | 'components'>> = new Map();
  return list.map(({ parameter: { name, dtype, shape }, quantizer }) => {
    if (quantizer === null) return { name, shape, quantized: null, components: [{ name: '', dtype, shape }] };
    const known = shared.get(quantizer);
    if (known !== undefined) return { name, shape, quantized: known.quantized, components: known.components };
    const { tensorClass, attributes, components } = quantizer;
    const quantized = { tensorClass, attributes };
    shared.set(quantizer, { quantized, components });
    return { name, shape, quantized, components };
  });
}
