import { elementCount, type StoredTensor } from '@fewbit/core';

import { modelDtype, stringsMember } from './quantization-config.ts';
import type { DescribedTensor, QuantizedFormat } from './quantized-format.ts';
import { scheme } from './scheme.ts';
import { wrongShape } from './shapes.ts';
import { transformersSkips } from './skip-lists.ts';
import { nameOf } from './tensor-index.ts';

/**
 * MXFP4 as gpt-oss stores its experts: of a stack [experts, in, out] `NAME_blocks` U8 [experts, out, in/32, 16], two codes to a
 * byte, and `NAME_scales` U8 [experts, out, in/32], exponents. What is unpacked is turned, so that it is what the model has.
 */
export const mxfp4: QuantizedFormat = {
  name: 'mxfp4',
  methods: ['mxfp4'],
  detect: ({ index: { leaves } }) => Array.from(leaves).some((leaf) => leaf.endsWith(BLOCKS)),
  describe: ({ index, config, quantization, findings }) => {
    const tensors: DescribedTensor[] = [];
    for (const [fqn, module] of index.modules) {
      for (const [leaf, blocks] of module) {
        if (!leaf.endsWith(BLOCKS) || blocks.dtype !== 'U8' || blocks.shape.length < 3) continue;
        const own = leaf.slice(0, -BLOCKS.length);
        const name = nameOf(fqn, own);
        const scales = module.get(`${own}_scales`);
        const components: Map<string, StoredTensor> = new Map([['blocks', blocks]]);
        if (scales !== undefined) components.set('scales', scales);
        const front = blocks.shape.slice(0, -2);
        const [groups = 0, bytes = 0] = blocks.shape.slice(-2);
        const shape = [...front.slice(0, -1), groups * bytes * 2, ...front.slice(-1)];
        const what =
          scales === undefined
            ? { id: 'missing-component', text: `"${own}_scales" is missing` }
            : { id: 'shapes-disagree', text: wrongShape('scales', scales, [...front, groups]) };
        if (what.text !== null) {
          findings.add({ id: what.id, severity: 'error', what: what.text, stops: ['transformers'] }, name);
        }
        tensors.push({
          name,
          dtype: modelDtype(config),
          shape,
          elements: elementCount(shape),
          scheme: scheme({
            format: 'mxfp4',
            element: 'float4_e2m1',
            bits: 4,
            granularity: 'group',
            groupSize: bytes * 2,
            symmetric: true,
            scaleDtype: scales?.dtype ?? null,
          }),
          components,
        });
      }
    }
    const entries = stringsMember(quantization?.fields ?? {}, 'modules_to_not_convert') ?? [];
    const skip = transformersSkips(entries, 'modules_to_not_convert', findings);
    return {
      tensors,
      // Only experts are stored so, whatever other linear layers there are.
      expects: ({ module }) => {
        const because = skip(module);
        return because === null ? null : { quantized: false, because, implied: false };
      },
    };
  },
};

const BLOCKS = '_blocks';
