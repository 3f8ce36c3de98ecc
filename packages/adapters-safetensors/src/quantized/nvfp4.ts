import { elementCount, type StoredTensor } from '@fewbit/core';

import { originalDtype } from './quantization-config.ts';
import type { DescribedTensor, QuantizedFormat } from './quantized-format.ts';
import { scheme } from './scheme.ts';
import { wrongShape } from './shapes.ts';
import { nameOf, pick, type ModuleTensors } from './tensor-index.ts';

/**
 * NVFP4 as ModelOpt stores it: of a linear [out, in] `weight` U8 [out, in/2], `weight_scale` F8_E4M3 [out, in/16],
 * `weight_scale_2` F32 for the tensor, `input_scale`.
 */
export const nvfp4: QuantizedFormat = {
  name: 'nvfp4',
  methods: ['modelopt', 'modelopt_fp4', 'nvfp4'],
  detect: ({ index: { leaves } }) => leaves.has('weight_scale_2'),
  describe: ({ index, config, findings }) => {
    const tensors: DescribedTensor[] = [];
    for (const [fqn, module] of index.modules) {
      const codes = codesOf(module);
      if (codes === null) continue;
      const name = nameOf(fqn, 'weight');
      const front = codes.shape.slice(0, -1);
      const columns = (codes.shape.at(-1) ?? 0) * 2;
      const scale = module.get('weight_scale');
      const what =
        scale === undefined
          ? { id: 'missing-component', text: '"weight_scale" is missing' }
          : { id: 'shapes-disagree', text: wrongShape('weight_scale', scale, [...front, columns / GROUP]) };
      if (what.text !== null) findings.add({ id: what.id, severity: 'warning', what: what.text }, name);
      tensors.push({
        name,
        dtype: originalDtype(config, null),
        shape: [...front, columns],
        elements: elementCount([...front, columns]),
        scheme: scheme({
          format: 'nvfp4',
          element: 'float4_e2m1',
          bits: 4,
          granularity: 'group',
          groupSize: GROUP,
          symmetric: true,
          scaleDtype: scale?.dtype ?? null,
          activation: module.has('input_scale') ? 'float4, dynamic in groups' : null,
        }),
        components: pick(module, ['weight', 'weight_scale', 'weight_scale_2', 'input_scale', 'pre_quant_scale']),
      });
    }
    return { tensors };
  },
};

const GROUP = 16;

function codesOf(module: ModuleTensors): StoredTensor | null {
  const weight = module.get('weight');
  const packed = weight !== undefined && (weight.dtype === 'U8' || weight.dtype === 'I8') && weight.shape.length >= 2;
  return packed && module.has('weight_scale_2') ? weight : null;
}
