import { byteLength, elementCount, isJsonObject, type JsonObject, type StoredTensor } from '@fewbit/core';

import { parseStrict } from '../torchao/tensor-description.ts';
import type { FindingGroups } from './finding-groups.ts';
import { readSamples } from './samples.ts';
import {
  extentsMember,
  integerMember,
  modelDtype,
  originalDtype,
  stringMember,
  stringsMember,
  torchDtype,
} from './quantization-config.ts';
import type { DescribedTensor, FormatContext, QuantizedFormat } from './quantized-format.ts';
import { scheme } from './scheme.ts';
import { shownShape } from './shapes.ts';
import { transformersSkips } from './skip-lists.ts';
import { nameOf, pick, type ModuleTensors } from './tensor-index.ts';

/**
 * bitsandbytes. Four bits: the codes of `X.weight` lie flat in U8 [elements/2, 1] (or in another dtype, `quant_storage`),
 * beside `X.weight.absmax`, `.quant_map`, with double quantization `.nested_absmax` and `.nested_quant_map`, and a JSON text
 * `.quant_state.bitsandbytes__nf4` or `__fp4`, which alone knows shape, dtype and block size. Eight bits: `weight` I8 [out,
 * in] beside `SCB` F32 [out] and `weight_format`.
 */
export const bitsandbytes: QuantizedFormat = {
  name: 'bitsandbytes',
  methods: ['bitsandbytes', 'bitsandbytes_4bit', 'bitsandbytes_8bit'],
  detect: ({ index: { leaves } }) =>
    leaves.has('SCB') || leaves.has('absmax') || STATES.some((state) => leaves.has(state)),
  describe: async (context) => {
    const { findings } = context;
    const fields = context.quantization?.fields ?? {};
    const fourBit = await describeFourBit(context, findings);
    const eightBit = describeEightBit(context, findings);
    const entries = stringsMember(fields, 'llm_int8_skip_modules');
    const skip = transformersSkips(entries ?? [], 'llm_int8_skip_modules', findings);
    return {
      tensors: [...fourBit, ...eightBit],
      expects: ({ module, name }) => {
        const because = skip(module);
        if (because !== null) return { quantized: false, because, implied: false };
        // Without a list the output embeddings stay, and so do those that share their tensor.
        if (entries === null && HEADS.test(name)) return null;
        return { quantized: true, because: '', implied: true };
      },
    };
  },
};

const STATES: readonly string[] = ['bitsandbytes__nf4', 'bitsandbytes__fp4'];
const HEADS = /(?:^|\.)(?:lm_head|embed_out|output)\.weight$/;

interface FourBit {
  readonly name: string;
  readonly data: StoredTensor | null;
  readonly state: StoredTensor | null;
  readonly type: string;
  readonly components: ReadonlyMap<string, StoredTensor>;
}

async function describeFourBit(context: FormatContext, findings: FindingGroups): Promise<DescribedTensor[]> {
  const found = findFourBit(context);
  const states = await readSamples(
    found.map(({ name, data, state }) => ({ name, alike: data === null ? 0 : byteLength(data), tensor: state })),
    { readSmall: context.readSmall, parse: parseState },
  );
  return found.map(({ name, data, state, type, components }, at) => {
    const answer = states[at] ?? null;
    const read = answer === 'broken' ? null : answer;
    const bytes = data === null ? 0 : byteLength(data);
    const shape = read === null ? null : extentsMember(read, 'shape');
    const blockSize = read === null ? null : integerMember(read, 'blocksize');
    const miss = (what: string): void => {
      findings.add({ id: 'missing-component', severity: 'error', what, stops: ['transformers'] }, name);
    };
    if (data === null) miss('its codes are missing; only what describes them is there');
    if (state === null) miss('"quant_state" is missing, without which nothing knows its shape');
    if (!components.has('absmax')) miss('"absmax" is missing, which holds its scales');
    if (answer === 'broken') {
      const what = 'its "quant_state" is no JSON that can be read, and nothing else knows its shape';
      findings.add({ id: 'metadata-broken', severity: 'error', what, stops: ['transformers'] }, name);
    }
    checkNested(name, components, read, findings);
    const fits = shape !== null && Math.ceil(elementCount(shape) / 2) === bytes;
    if (shape !== null && !fits && data !== null) {
      const what = `its quant_state says ${shownShape(shape)}, which does not make its ${bytes} bytes`;
      findings.add({ id: 'shapes-disagree', severity: 'error', what, stops: ['transformers'] }, name);
    }
    const elements = fits ? elementCount(shape) : bytes * 2;
    if (fits && blockSize !== null && blockSize > 0) checkBlocks(name, { components, elements, blockSize }, findings);
    return {
      name,
      dtype: (read === null ? null : torchDtype(stringMember(read, 'dtype'))) ?? modelDtype(context.config),
      shape: fits ? shape : null,
      elements: data === null ? null : elements,
      scheme: scheme({
        format: 'bitsandbytes',
        element: type,
        bits: 4,
        granularity: 'block',
        blockSize: blockSize === null || blockSize <= 0 ? null : [blockSize],
        symmetric: true,
        scaleDtype: components.get('absmax')?.dtype ?? null,
        packing: components.has('nested_absmax') ? 'scales quantized again' : null,
      }),
      components,
    };
  });
}

function findFourBit({ index: { modules } }: FormatContext): readonly FourBit[] {
  const bases: Set<string> = new Set();
  for (const [fqn, module] of modules) {
    if (STATES.some((state) => module.has(state))) bases.add(fqn.replace(/\.?quant_state$/, ''));
    // Without a state, two of these together are bitsandbytes' all the same.
    else if (module.has('absmax') && module.has('quant_map')) bases.add(fqn);
  }
  return Array.from(bases, (name) => {
    const split = name.lastIndexOf('.');
    const data = modules.get(name.slice(0, Math.max(0, split)))?.get(name.slice(split + 1)) ?? null;
    const states = modules.get(nameOf(name, 'quant_state'));
    const kind = STATES.find((candidate) => states?.has(candidate) === true);
    const state = kind === undefined ? null : (states?.get(kind) ?? null);
    const components: Map<string, StoredTensor> = pick(modules.get(name) ?? new Map<string, StoredTensor>(), PARTS);
    if (data !== null) components.set('weight', data);
    if (state !== null) components.set('quant_state', state);
    return { name, data, state, type: kind === 'bitsandbytes__fp4' ? 'fp4' : 'nf4', components };
  });
}

const PARTS = ['absmax', 'quant_map', 'nested_absmax', 'nested_quant_map', 'offset'];
// The texts have about 200 characters.
const MAX_STATE_TEXT = 4096;

function parseState(bytes: Uint8Array): JsonObject | 'broken' {
  if (bytes.byteLength > MAX_STATE_TEXT) return 'broken';
  try {
    const value = parseStrict(new TextDecoder('utf-8', { fatal: true }).decode(bytes), 'quant_state');
    return isJsonObject(value) ? value : 'broken';
  } catch {
    return 'broken';
  }
}

/** Of double quantization: scales of the scales, one for each block of them. */
function checkNested(
  name: string,
  components: ReadonlyMap<string, StoredTensor>,
  state: JsonObject | null,
  findings: FindingGroups,
): void {
  const blockSize = state === null ? null : integerMember(state, 'nested_blocksize');
  const absmax = components.get('absmax');
  if (blockSize === null || blockSize <= 0 || absmax === undefined) return;
  const nested = components.get('nested_absmax');
  const count = nested === undefined ? 0 : elementCount(nested.shape);
  const wanted = Math.ceil(elementCount(absmax.shape) / blockSize);
  if (count === wanted) return;
  const id = nested === undefined ? 'missing-component' : 'shapes-disagree';
  const what =
    nested === undefined
      ? '"nested_absmax" is missing, which holds the scales of its scales'
      : `"nested_absmax" has ${count} entries and should have ${wanted}`;
  findings.add({ id, severity: 'error', what, stops: ['transformers'] }, name);
}

interface Blocks {
  readonly components: ReadonlyMap<string, StoredTensor>;
  readonly elements: number;
  readonly blockSize: number;
}

function checkBlocks(name: string, { components, elements, blockSize }: Blocks, findings: FindingGroups): void {
  const absmax = components.get('absmax');
  const blocks = Math.ceil(elements / blockSize);
  if (absmax === undefined || elementCount(absmax.shape) === blocks) return;
  const what = `"absmax" has ${elementCount(absmax.shape)} entries and should have ${blocks}, one for each block of ${blockSize}`;
  findings.add({ id: 'shapes-disagree', severity: 'error', what, stops: ['transformers'] }, name);
}

function describeEightBit({ index, config, quantization }: FormatContext, findings: FindingGroups): DescribedTensor[] {
  const tensors: DescribedTensor[] = [];
  const named = quantization?.method.startsWith('bitsandbytes') === true;
  for (const [fqn, module] of index.modules) {
    const weight = module.get('weight');
    if (weight?.dtype !== 'I8' || !(module.has('SCB') || named)) continue;
    const name = nameOf(fqn, 'weight');
    checkRowScales(name, module, weight, findings);
    tensors.push({
      name,
      dtype: originalDtype(config, null),
      shape: weight.shape,
      elements: elementCount(weight.shape),
      scheme: scheme({
        format: 'bitsandbytes',
        element: 'int8',
        bits: 8,
        granularity: 'row',
        symmetric: true,
        scaleDtype: module.get('SCB')?.dtype ?? null,
        activation: 'int8, dynamic, per token, outliers kept',
      }),
      components: pick(module, ['weight', 'SCB', 'weight_format']),
    });
  }
  return tensors;
}

function checkRowScales(name: string, module: ModuleTensors, weight: StoredTensor, findings: FindingGroups): void {
  const scales = module.get('SCB');
  const [rows = 0] = weight.shape;
  if (scales === undefined) {
    const what = '"SCB" is missing, which holds the scales of its rows';
    findings.add({ id: 'missing-component', severity: 'error', what, stops: ['transformers'] }, name);
  } else if (elementCount(scales.shape) !== rows) {
    const what = `"SCB" has ${elementCount(scales.shape)} entries and should have ${rows}, one for each row`;
    findings.add({ id: 'shapes-disagree', severity: 'error', what, stops: ['transformers'] }, name);
  }
}
