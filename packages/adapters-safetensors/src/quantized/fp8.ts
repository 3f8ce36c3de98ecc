import { elementCount, type StoredTensor } from '@fewbit/core';

import type { FindingGroups } from './finding-groups.ts';
import { floatElement, granularityOf } from './granularity.ts';
import { extentsMember, originalDtype, stringMember, stringsMember } from './quantization-config.ts';
import type { DescribedTensor, FormatContext, QuantizedFormat } from './quantized-format.ts';
import { scheme } from './scheme.ts';
import { shownShape } from './shapes.ts';
import { transformersSkips } from './skip-lists.ts';
import { nameOf, pick, type ModuleTensors } from './tensor-index.ts';

/**
 * Eight-bit floats with their scales beside them. DeepSeek and transformers' fine-grained FP8: `weight` and
 * `weight_scale_inv` [⌈out/128⌉, ⌈in/128⌉], stacked experts `gate_up_proj` and `gate_up_proj_scale_inv`; a scale by which
 * to multiply, in spite of its name. FBGEMM: `weight_scale` [out, 1]. ModelOpt and Quark: `weight_scale` of one element,
 * `input_scale`. `scale_weight` and `scale` in files of other makers. Without any scale: a cast.
 */
export const fp8: QuantizedFormat = {
  name: 'fp8',
  methods: ['fp8', 'mxfp8', 'fbgemm_fp8', 'modelopt', 'quark'],
  detect: ({ index }) => index.tensors.some(({ dtype, shape }) => shape.length >= 2 && floatElement(dtype) !== null),
  describe: (context) => {
    const { findings } = context;
    const fields = context.quantization?.fields ?? {};
    const tensors: DescribedTensor[] = [];
    for (const [fqn, module] of context.index.modules) {
      for (const [leaf, codes] of module) {
        if (!isWeight(leaf, codes, module)) continue;
        tensors.push(describeWeight({ fqn, module, leaf, codes }, { context, findings }));
      }
    }
    const list = ['modules_to_not_convert', 'ignored_layers', 'exclude_modules', 'ignore'].find(
      (name) => stringsMember(fields, name) !== null,
    );
    const entries = list === undefined ? [] : (stringsMember(fields, list) ?? []);
    const skip = transformersSkips(context.quantization?.method === 'modelopt' ? [] : entries, list ?? '', findings);
    return {
      tensors,
      expects: ({ module, name }) => {
        const because = skip(module);
        if (because !== null) return { quantized: false, because, implied: false };
        return /(?:^|\.)lm_head\.weight$/.test(name) ? null : { quantized: true, because: '', implied: true };
      },
    };
  },
};

/** A matrix of codes; NVFP4's and MX's scales have such dtypes too. */
function isWeight(leaf: string, { dtype, shape }: StoredTensor, module: ModuleTensors): boolean {
  if (floatElement(dtype) === null || shape.length < 2) return false;
  return !leaf.includes('scale') || (leaf === 'weight' && !module.has('weight_packed'));
}

interface Codes {
  readonly fqn: string;
  readonly module: ModuleTensors;
  readonly leaf: string;
  readonly codes: StoredTensor;
}

interface Describing {
  readonly context: FormatContext;
  readonly findings: FindingGroups;
}

function describeWeight({ fqn, module, leaf, codes }: Codes, { context, findings }: Describing): DescribedTensor {
  const fields = context.quantization?.fields ?? {};
  const name = nameOf(fqn, leaf);
  const components = componentsOf(leaf, module);
  const scale = components.get(`${leaf}_scale_inv`) ?? components.get(`${leaf}_scale`) ?? loneScale(components);
  const blocks = extentsMember(fields, 'weight_block_size');
  const sharing = granularityOf(codes.shape, scale?.shape ?? null);
  checkScale(name, { codes, scale, blocks }, { context, findings });
  const isBlock = sharing.granularity === 'block' || (blocks !== null && components.has(`${leaf}_scale_inv`));
  const statics = ['input_scale', `${leaf}_input_scale`, 'activation_scale', `${leaf}_activation_scale`];
  const isStatic = statics.some((role) => components.has(role));
  const activationScheme = stringMember(fields, 'activation_scheme');
  return {
    name,
    dtype: originalDtype(context.config, scale?.dtype ?? null),
    shape: codes.shape,
    elements: elementCount(codes.shape),
    scheme: scheme({
      format: 'fp8',
      element: floatElement(codes.dtype) ?? codes.dtype,
      bits: 8,
      ...sharing,
      ...(isBlock && scale !== undefined
        ? { granularity: 'block', groupSize: null, blockSize: blocks ?? sharing.blockSize }
        : {}),
      symmetric: true,
      scaleDtype: scale?.dtype ?? null,
      activation: isStatic
        ? 'float8, static'
        : activationScheme === null
          ? null
          : `float8, ${activationScheme.slice(0, 40)}`,
    }),
    components,
  };
}

const WEIGHT_LEAVES = [
  ...['weight', 'weight_scale_inv', 'weight_scale', 'weight_input_scale', 'weight_activation_scale', 'scale_weight'],
  ...['scale_input', 'scale', 'input_scale', 'input_scale_ub', 'activation_scale'],
];

function componentsOf(leaf: string, module: ModuleTensors): Map<string, StoredTensor> {
  if (leaf === 'weight') return pick(module, WEIGHT_LEAVES);
  const own = ['scale_inv', 'scale', 'input_scale', 'activation_scale'].map((role) => `${leaf}_${role}`);
  return pick(module, [leaf, ...own]);
}

function loneScale(components: ReadonlyMap<string, StoredTensor>): StoredTensor | undefined {
  return components.get('scale_weight') ?? components.get('scale');
}

interface Scaled {
  readonly codes: StoredTensor;
  readonly scale: StoredTensor | undefined;
  readonly blocks: readonly number[] | null;
}

function checkScale(name: string, { codes, scale, blocks }: Scaled, { context, findings }: Describing): void {
  const { quantization } = context;
  if (scale === undefined) {
    // Without a config that promises scales, a cast is all that there is to it.
    if (quantization === null || !fp8.methods.includes(quantization.method)) return;
    const what = 'its scale is missing, and the config says that there are scales';
    findings.add({ id: 'missing-component', severity: 'error', what, stops: ['transformers'] }, name);
    return;
  }
  const [height, width] = blocks ?? [];
  if (height === undefined || width === undefined || quantization?.method !== 'fp8') return;
  const [rows = 1, columns = 1] = codes.shape.slice(-2);
  const wanted = [...codes.shape.slice(0, -2), Math.ceil(rows / height), Math.ceil(columns / width)];
  if (elementCount(scale.shape) === elementCount(wanted)) return;
  const what = `its scale is ${shownShape(scale.shape)}, and blocks of ${height}×${width} make it ${shownShape(wanted)}`;
  findings.add({ id: 'shapes-disagree', severity: 'error', what, stops: ['transformers'] }, name);
}
