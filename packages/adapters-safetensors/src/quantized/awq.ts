import type { StoredTensor } from '@fewbit/core';

import type { FindingGroups } from './finding-groups.ts';
import { isGemvFast, isGptqModule, PACKED_DTYPES } from './packed-modules.ts';
import { booleanMember, integerMember, originalDtype, stringMember, stringsMember } from './quantization-config.ts';
import type { DescribedTensor, FormatContext, QuantizedFormat } from './quantized-format.ts';
import { scheme } from './scheme.ts';
import { wrongShape } from './shapes.ts';
import { transformersSkips } from './skip-lists.ts';
import { nameOf, pick, type ModuleTensors } from './tensor-index.ts';

/**
 * AWQ as AutoAWQ writes it, four bits. Of a linear [out, in]:
 *
 * | version   | qweight                    | qzeros            | scales             |
 * | --------- | -------------------------- | ----------------- | ------------------ |
 * | gemm      | I32 [in, out/8]            | I32 [groups, out/8] | [groups, out]    |
 * | gemv      | I32 [out, in/8]            | I32 [out, ⌈groups/8⌉] | [out, 8·that], padded |
 * | gemv_fast | I16 [out/4, in]            | floats, as scales, or `scaled_zeros` | [8·⌈groups/8⌉, out], padded |
 * | marlin    | I32 [in/16, out·2]         | none              | [groups, out]      |
 */
export const awq: QuantizedFormat = {
  name: 'awq',
  methods: ['awq', 'llm-awq'],
  detect: ({ index, quantization }) => {
    if (!index.leaves.has('qweight')) return false;
    const named = quantization !== null && awq.methods.includes(quantization.method);
    for (const module of index.modules.values()) if (layoutOf(module, named ? '' : null) !== null) return true;
    return false;
  },
  describe: (context) => {
    const { findings } = context;
    const { quantization, index } = context;
    const fields = quantization?.fields ?? {};
    const named = quantization !== null && awq.methods.includes(quantization.method);
    const version = named ? (stringMember(fields, 'version') ?? 'gemm').toLowerCase() : null;
    const tensors: DescribedTensor[] = [];
    for (const [fqn, module] of index.modules) {
      const layout = layoutOf(module, version);
      if (layout !== null) tensors.push(describeModule(fqn, module, { context, findings, layout }));
    }
    const skip = transformersSkips(
      stringsMember(fields, 'modules_to_not_convert') ?? [],
      'modules_to_not_convert',
      findings,
    );
    const bits = integerMember(fields, 'bits') ?? integerMember(fields, 'w_bit');
    return {
      tensors,
      expects: ({ module }) => {
        const because = skip(module);
        if (because !== null) return { quantized: false, because, implied: false };
        return {
          quantized: true,
          because: '',
          implied: true,
          differs: ({ scheme: found }) =>
            bits === null || found === null || found.bits === bits
              ? null
              : `the config says ${bits} bits, and the tensors have ${found.bits}`,
        };
      },
    };
  },
};

interface Layout {
  readonly name: 'gemm' | 'gemv' | 'gemv_fast' | 'marlin';
  readonly bits: number;
  readonly out: number;
  readonly input: number;
  /** Null where padding hides it. */
  readonly groups: number | null;
}

/** Which of the layouts a module's shapes make; null when it is none of them. `version` settles what shapes leave open. */
function layoutOf(module: ModuleTensors, version: string | null): Layout | null {
  const [qweight, scales] = [module.get('qweight'), module.get('scales')];
  if (qweight?.shape.length !== 2 || isGptqModule(module)) return null;
  const [rows = 0, columns = 0] = qweight.shape;
  const [height = 0, width = 0] = scales?.shape ?? [];
  if (isGemvFast(module)) {
    return { name: 'gemv_fast', bits: 4, out: rows * 4, input: columns, groups: null };
  }
  if (qweight.dtype !== 'I32') return null;
  if (scales === undefined) {
    // Nothing but the config can say what such codes are.
    return version === null ? null : { name: 'gemm', bits: 4, out: columns * 8, input: rows, groups: null };
  }
  if (scales.shape.length !== 2 || columns === 0) return null;
  if (version === 'marlin' || (!module.has('qzeros') && columns === width * 2)) {
    return { name: 'marlin', bits: 4, out: width, input: rows * 16, groups: height };
  }
  const bits = (columns * 32) / width;
  if (version !== 'gemv' && (bits === 4 || bits === 8)) {
    return { name: 'gemm', bits, out: width, input: rows, groups: height };
  }
  if (height === rows && module.has('qzeros')) {
    return { name: 'gemv', bits: 4, out: rows, input: columns * 8, groups: null };
  }
  return version === null ? null : { name: 'gemm', bits: 4, out: columns * 8, input: rows, groups: height };
}

interface Describing {
  readonly context: FormatContext;
  readonly findings: FindingGroups;
  readonly layout: Layout;
}

function describeModule(
  fqn: string,
  module: ModuleTensors,
  { context, findings, layout }: Describing,
): DescribedTensor {
  const name = nameOf(fqn, 'weight');
  const fields = context.quantization?.fields ?? {};
  const components = pick(module, ['qweight', 'qzeros', 'scales', 'scaled_zeros']);
  const { bits, out, input, groups } = layout;
  const said = integerMember(fields, 'group_size') ?? integerMember(fields, 'q_group_size');
  const groupSize =
    groups === null ? positiveOr(said, input) : groups > 0 && input % groups === 0 ? input / groups : null;
  checkComponents(name, components, layout, findings);
  if (groups !== null && groupSize === null) {
    const what = `${groups} groups cannot be cut from ${input} inputs`;
    findings.add({ id: 'shapes-disagree', severity: 'error', what, stops: ['transformers'] }, name);
  }
  const scales = components.get('scales');
  const zeros = components.get('qzeros') ?? components.get('scaled_zeros') ?? null;
  const zeroPoints = booleanMember(fields, 'zero_point');
  return {
    name,
    dtype: originalDtype(context.config, scales?.dtype ?? null),
    shape: [out, input],
    elements: out * input,
    scheme: scheme({
      format: 'awq',
      element: `int${bits}`,
      bits,
      granularity: groupSize === input ? 'row' : 'group',
      groupSize: groupSize === input ? null : groupSize,
      symmetric: zeroPoints === null ? null : !zeroPoints,
      zeroPoint: zeros === null ? 'none' : PACKED_DTYPES.has(zeros.dtype) ? 'integer' : 'float',
      scaleDtype: scales?.dtype ?? null,
      packing: layout.name,
    }),
    components,
  };
}

function positiveOr(value: number | null, otherwise: number): number | null {
  if (value === null) return null;
  return value > 0 ? value : otherwise;
}

function checkComponents(
  name: string,
  components: ReadonlyMap<string, StoredTensor>,
  { name: layout, bits, out, groups }: Layout,
  findings: FindingGroups,
): void {
  const needed = { gemm: ['qzeros', 'scales'], gemv: ['qzeros', 'scales'], gemv_fast: ['scales'], marlin: ['scales'] }[
    layout
  ];
  for (const leaf of needed) {
    if (components.has(leaf)) continue;
    const what = `"${leaf}" is missing beside "qweight"`;
    findings.add({ id: 'missing-component', severity: 'error', what, stops: ['transformers'] }, name);
  }
  const zeros = components.get('qzeros') ?? components.get('scaled_zeros');
  const scales = components.get('scales');
  if (zeros === undefined || scales === undefined) return;
  const [height = 0, width = 0] = scales.shape;
  const wanted = {
    gemm: [groups ?? height, Math.ceil((out * bits) / 32)],
    gemv: [height, width / 8],
    gemv_fast: [height, width],
    marlin: zeros.shape,
  }[layout];
  const what = wrongShape('qzeros', zeros, wanted);
  if (what !== null) findings.add({ id: 'shapes-disagree', severity: 'error', what, stops: ['transformers'] }, name);
}
