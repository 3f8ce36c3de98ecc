import { DTYPE_BITS, type StoredTensor } from '@fewbit/core';

import type { FindingGroups } from './finding-groups.ts';
import { gptqExpectation, gptqSettings, type GptqSettings } from './gptq-config.ts';
import { isGptqModule, PACKED_DTYPES } from './packed-modules.ts';
import { originalDtype } from './quantization-config.ts';
import type { DescribedTensor, FormatContext, QuantizedFormat } from './quantized-format.ts';
import { scheme } from './scheme.ts';
import { shownShape, wrongShape } from './shapes.ts';
import { nameOf, pick, type ModuleTensors } from './tensor-index.ts';

/**
 * GPTQ as AutoGPTQ, GPTQModel, AutoRound and optimum write it. Of a linear [out, in], packed along the input into words of W
 * bits (32 unless `pack_dtype` says otherwise): `qweight` [in·bits/W, out], `qzeros` [groups, out·bits/W], `scales`
 * [groups, out], `g_idx` [in]. Three-bit codes run over the ends of words, so in = rows·W/3 exactly. Marlin's own layout has
 * `B` [in/16, out·16·bits/32] and `s` instead.
 */
export const gptq: QuantizedFormat = {
  name: 'gptq',
  methods: ['gptq', 'auto-round', 'intel/auto-round'],
  detect: ({ index, quantization }) =>
    (index.leaves.has('qweight') || index.leaves.has('B')) &&
    isGptq(index.modules.values(), gptq.methods.includes(quantization?.method ?? '')),
  describe: (context) => {
    const { findings } = context;
    const tensors: DescribedTensor[] = [];
    const settings = gptqSettings(context.quantization, findings);
    for (const [fqn, module] of context.index.modules) {
      const described =
        describePacked(fqn, module, { context, findings, settings }) ??
        describeMarlin(fqn, module, { context, settings });
      if (described !== null) tensors.push(described);
    }
    return { tensors, expects: gptqExpectation(settings) };
  },
};

function isGptq(modules: Iterable<ModuleTensors>, named: boolean): boolean {
  for (const module of modules) {
    if (isGptqModule(module) || isMarlin(module) || (named && isLoneGptq(module))) return true;
  }
  return false;
}

function isLoneGptq(module: ModuleTensors): boolean {
  const qweight = module.get('qweight');
  return qweight?.shape.length === 2 && PACKED_DTYPES.has(qweight.dtype) && !module.has('scales');
}

const LEAVES = ['qweight', 'qzeros', 'scales', 'g_idx'];

interface Describing {
  readonly context: FormatContext;
  readonly findings: FindingGroups;
  readonly settings: GptqSettings;
}

function describePacked(
  fqn: string,
  module: ModuleTensors,
  { context, findings, settings }: Describing,
): DescribedTensor | null {
  // Where the config says so, codes without scales are GPTQ's, too: the scales were lost.
  const named = gptq.methods.includes(context.quantization?.method ?? '');
  if (!isGptqModule(module) && !(named && isLoneGptq(module))) return null;
  const components = pick(module, LEAVES);
  const qweight = components.get('qweight');
  if (qweight === undefined) return null;
  const [rows = 0, out = 0] = qweight.shape;
  const name = nameOf(fqn, 'weight');
  const expected = settings.of(fqn);
  const word = DTYPE_BITS[qweight.dtype];
  const bits = bitsOf(components, rows, out, word) ?? expected.bits;
  const scales = components.get('scales');
  for (const leaf of ['qzeros', 'scales']) {
    if (components.has(leaf)) continue;
    const what = `"${leaf}" is missing beside "qweight"`;
    findings.add({ id: 'missing-component', severity: 'error', what, stops: ['transformers'] }, name);
  }
  if (!components.has('g_idx') && context.index.leaves.has('g_idx')) {
    // Loaders fill one in that puts columns in their order.
    const severity = expected.activationOrder === true ? 'error' : 'warning';
    const what = '"g_idx" is missing, and other layers have one';
    findings.add({ id: 'missing-component', severity, what, stops: ['transformers'] }, name);
  }
  const input = bits === null ? null : (rows * word) / bits;
  const groups = scales?.shape[0] ?? null;
  if (bits === null || input === null || !Number.isInteger(input)) {
    const what =
      bits === null
        ? 'neither "g_idx", "qzeros" nor the config says how many bits its codes have'
        : `${rows} rows of ${word} bits hold no whole number of ${bits}-bit codes`;
    findings.add({ id: 'shapes-disagree', severity: 'warning', what }, name);
    return { name, dtype: null, shape: null, elements: null, scheme: unknownScheme(scales), components };
  }
  checkShapes(name, { components, input, out, bits, word }, findings);
  const groupSize = groupSizeOf(input, groups, expected.groupSize);
  return {
    name,
    dtype: originalDtype(context.config, scales?.dtype ?? null),
    shape: [out, input],
    elements: out * input,
    scheme: scheme({
      format: 'gptq',
      element: `int${bits}`,
      bits,
      granularity: groups === 1 ? 'row' : 'group',
      groupSize: groups === 1 ? null : groupSize,
      symmetric: expected.symmetric,
      zeroPoint: components.get('qzeros') === undefined ? 'none' : 'integer',
      activationOrder: expected.activationOrder,
      scaleDtype: scales?.dtype ?? null,
      packing: settings.layout,
    }),
    components,
  };
}

function unknownScheme(scales: StoredTensor | undefined): ReturnType<typeof scheme> {
  const scaleDtype = scales?.dtype ?? null;
  return scheme({ format: 'gptq', element: 'int?', bits: 0, granularity: 'group', zeroPoint: 'integer', scaleDtype });
}

/** From what the tensors say themselves: as many codes as `g_idx` has entries, or zero points as there are outputs. */
function bitsOf(components: ReadonlyMap<string, StoredTensor>, rows: number, out: number, word: number): number | null {
  const inputs = components.get('g_idx')?.shape[0] ?? 0;
  const zeros = components.get('qzeros');
  const candidates = [
    inputs > 0 ? (rows * word) / inputs : 0,
    zeros !== undefined && PACKED_DTYPES.has(zeros.dtype) && out > 0
      ? ((zeros.shape[1] ?? 0) * DTYPE_BITS[zeros.dtype]) / out
      : 0,
  ];
  return candidates.find((bits) => Number.isInteger(bits) && bits >= 1 && bits <= 8) ?? null;
}

/** The config's where the number of groups bears it out; else what divides evenly. Zero or less means the whole row. */
function groupSizeOf(input: number, groups: number | null, said: number | null): number | null {
  if (groups === null || groups <= 0) return said !== null && said > 0 ? said : null;
  if (said !== null && said > 0 && Math.ceil(input / said) === groups) return said;
  return Number.isInteger(input / groups) ? input / groups : null;
}

interface Packed {
  readonly components: ReadonlyMap<string, StoredTensor>;
  readonly input: number;
  readonly out: number;
  readonly bits: number;
  readonly word: number;
}

function checkShapes(name: string, { components, input, out, bits, word }: Packed, findings: FindingGroups): void {
  const scales = components.get('scales');
  const groups = scales?.shape[0] ?? 0;
  const zeros = components.get('qzeros');
  const zeroWord = zeros === undefined ? word : DTYPE_BITS[zeros.dtype];
  // FORMAT.GPTQ of some kernels keeps zero points as floats, one for each scale.
  const zeroWidth = zeros !== undefined && !PACKED_DTYPES.has(zeros.dtype) ? out : Math.ceil((out * bits) / zeroWord);
  for (const [leaf, shape] of [
    ['scales', [groups, out]],
    ['qzeros', [groups, zeroWidth]],
    ['g_idx', [input]],
  ] as const) {
    const tensor = components.get(leaf);
    // Without scales nothing says how many groups there are.
    const known = tensor !== undefined && (scales !== undefined || leaf === 'g_idx');
    const what = known ? wrongShape(leaf, tensor, shape) : null;
    if (what !== null) {
      findings.add({ id: 'shapes-disagree', severity: 'error', what, stops: ['transformers'] }, name);
    }
  }
  if (scales !== undefined && (groups > input || groups === 0)) {
    const what = `${groups} groups cannot be cut from ${input} inputs`;
    findings.add({ id: 'shapes-disagree', severity: 'error', what, stops: ['transformers'] }, name);
  }
}

function isMarlin(module: ModuleTensors): boolean {
  const codes = module.get('B');
  return codes?.dtype === 'I32' && codes.shape.length === 2 && module.get('s')?.shape.length === 2;
}

function describeMarlin(
  fqn: string,
  module: ModuleTensors,
  { context, settings }: Pick<Describing, 'context' | 'settings'>,
): DescribedTensor | null {
  const [codes, scales] = [module.get('B'), module.get('s')];
  if (!isMarlin(module) || codes === undefined || scales === undefined) return null;
  const { bits, groupSize, symmetric, activationOrder } = settings.of(fqn);
  const [tiles = 0] = codes.shape;
  const [groups = 0, out = 0] = scales.shape;
  const input = tiles * 16;
  const width = bits ?? ((codes.shape[1] ?? 0) * 2) / Math.max(1, out);
  return {
    name: nameOf(fqn, 'weight'),
    dtype: originalDtype(context.config, scales.dtype),
    shape: [out, input],
    elements: out * input,
    scheme: scheme({
      format: 'gptq',
      element: `int${width}`,
      bits: width,
      granularity: groups === 1 ? 'row' : 'group',
      groupSize: groups === 1 ? null : groupSizeOf(input, groups, groupSize),
      symmetric: symmetric ?? true,
      activationOrder,
      scaleDtype: scales.dtype,
      packing: `marlin, codes ${shownShape(codes.shape)}`,
    }),
    components: pick(module, ['B', 's', 'workspace']),
  };
}
