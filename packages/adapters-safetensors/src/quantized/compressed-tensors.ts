import { elementCount, type StoredTensor } from '@fewbit/core';

import { shown } from '../json/checkpoint-json.ts';
import { checkCompressed } from './compressed-tensors-checks.ts';
import {
  activationWords,
  compressedTensorsConfig,
  type CompressedTensorsConfig,
  type ConfigGroup,
} from './compressed-tensors-config.ts';
import type { FindingGroups } from './finding-groups.ts';
import { elementOf, floatElement, granularityOf, type ScaleSharing } from './granularity.ts';
import { originalDtype } from './quantization-config.ts';
import type { DescribedTensor, Expectation, FormatContext, QuantizedFormat } from './quantized-format.ts';
import { readSamples } from './samples.ts';
import { scheme, type QuantizationScheme } from './scheme.ts';
import type { ClassName } from './skip-lists.ts';
import { nameOf, pick, type ModuleTensors } from './tensor-index.ts';

/**
 * compressed-tensors, as llm-compressor writes it. Of a linear [out, in]:
 *
 * - pack-quantized: `weight_packed` I32 [out, ⌈in·bits/32⌉], `weight_scale`, `weight_shape` I64 [2], for asymmetric ones
 *   `weight_zero_point` I32 [⌈out·bits/32⌉, groups], packed along the outputs.
 * - int-, float- and naive-quantized: `weight` I8 or F8 [out, in], `weight_scale`, maybe `input_scale`.
 * - nvfp4-pack-quantized: `weight_packed` U8 [out, in/2], `weight_scale` F8_E4M3 [out, in/16], `weight_global_scale`.
 * - mxfp4-pack-quantized: the same with `weight_scale` U8 [out, in/32], exponents.
 */
export const compressedTensors: QuantizedFormat = {
  name: 'compressed-tensors',
  methods: ['compressed-tensors'],
  detect: ({ index: { leaves }, quantization }) =>
    leaves.has('weight_packed') || (quantization?.method === 'compressed-tensors' && leaves.has('weight_scale')),
  describe: async (context) => {
    const { findings } = context;
    const config = compressedTensorsConfig(context.quantization, findings);
    const named = context.quantization?.method === 'compressed-tensors';
    const found = Array.from(context.index.modules).flatMap(([fqn, module]) => {
      const codes = module.get('weight_packed') ?? (named && isCodes(module) ? module.get('weight') : undefined);
      return codes === undefined ? [] : [{ fqn, module, codes, group: config.groupOf(fqn, classOf(fqn)) }];
    });
    const shapes = await storedShapes(found, context);
    const tensors = found.map((each, at) => describeModule(each, shapes[at] ?? null, { context, findings }));
    return {
      tensors,
      expects: ({ module, kind }) => expectation(config, module, kind === 'embedding' ? 'Embedding' : 'Linear'),
    };
  },
};

/** An unpacked weight of few bits; scales alone do not make one. */
function isCodes(module: ModuleTensors): boolean {
  const weight = module.get('weight');
  return weight !== undefined && (weight.dtype === 'I8' || floatElement(weight.dtype) !== null);
}

/** Names alone tell here; embeddings are rarely quantized. */
function classOf(fqn: string): ClassName {
  return /(?:^|\.)(?:embed_tokens|wte|word_embeddings)$/.test(fqn) ? 'Embedding' : 'Linear';
}

interface FoundModule {
  readonly fqn: string;
  readonly module: ModuleTensors;
  readonly codes: StoredTensor;
  readonly group: ConfigGroup | null;
}

/** What `weight_shape` says, where packing leaves open how many columns there were. */
function storedShapes(
  found: readonly FoundModule[],
  { readSmall }: FormatContext,
): Promise<readonly (readonly number[] | null)[]> {
  const asked = found.map((each) => ({
    name: each.fqn,
    alike: `${each.codes.shape.join()} ${each.module.get('weight_scale')?.shape.join() ?? ''}`,
    tensor: packedInput(each) === null ? (each.module.get('weight_shape') ?? null) : null,
  }));
  return readSamples(asked, { readSmall, parse: parseShape });
}

/** The number of columns where shapes and group size settle it; null where `weight_shape` has to be asked. */
function packedInput({ codes, group, module }: FoundModule): number | null {
  const columns = codes.shape.at(-1) ?? 0;
  if (codes.dtype !== 'I32') return columns;
  const bits = group?.weights?.bits ?? null;
  const groups = module.get('weight_scale')?.shape.at(-1) ?? 0;
  const size = group?.weights?.groupSize ?? null;
  if (bits === null || size === null) return null;
  const input = groups * size;
  return Math.ceil((input * bits) / 32) === columns ? input : null;
}

/** Empty for bytes that are no extents. */
function parseShape(bytes: Uint8Array): readonly number[] {
  if (bytes.byteLength % 8 !== 0 || bytes.byteLength === 0 || bytes.byteLength > 64) return [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const extents = Array.from({ length: bytes.byteLength / 8 }, (_, at) => Number(view.getBigInt64(at * 8, true)));
  return extents.every((extent) => Number.isSafeInteger(extent) && extent > 0) ? extents : [];
}

const LEAVES = [
  'weight_packed',
  'weight',
  'weight_scale',
  'weight_zero_point',
  'weight_shape',
  'weight_g_idx',
  'weight_global_scale',
  'input_scale',
  'input_zero_point',
  'input_global_scale',
];

interface Describing {
  readonly context: FormatContext;
  readonly findings: FindingGroups;
}

function describeModule(
  found: FoundModule,
  said: readonly number[] | null,
  { context, findings }: Describing,
): DescribedTensor {
  const { fqn, module, codes, group } = found;
  const name = nameOf(fqn, 'weight');
  const components = pick(module, LEAVES);
  // A plain bias or a plain weight beside packed codes is no part of them.
  if (module.has('weight_packed')) components.delete('weight');
  const shape = shapeOf(found, said);
  const scale = components.get('weight_scale');
  checkCompressed({ name, components, codes, shape, said, group }, findings);
  return {
    name,
    dtype: originalDtype(context.config, scale?.dtype ?? null),
    shape,
    elements: shape === null ? null : elementCount(shape),
    scheme: schemeOf({ components, shape, group, codes }),
    components,
  };
}

function shapeOf(found: FoundModule, said: readonly number[] | null): readonly number[] | null {
  const { codes, group } = found;
  const front = codes.shape.slice(0, -1);
  const columns = codes.shape.at(-1) ?? 0;
  if (codes.dtype === 'U8') return [...front, columns * 2];
  if (codes.dtype !== 'I32') return codes.shape;
  const settled = packedInput(found);
  if (settled !== null) return [...front, settled];
  const bits = group?.weights?.bits ?? null;
  const last = said?.at(-1);
  if (last !== undefined && last <= columns * 32) return [...front, last];
  // Padding is rare: what fills the words.
  return bits === null || 32 % bits !== 0 ? null : [...front, (columns * 32) / bits];
}

interface Stored {
  readonly components: ReadonlyMap<string, StoredTensor>;
  readonly shape: readonly number[] | null;
  readonly group: ConfigGroup | null;
  readonly codes: StoredTensor;
}

function schemeOf({ components, shape, group, codes }: Stored): QuantizationScheme {
  const weights = group?.weights ?? null;
  const scale = components.get('weight_scale') ?? null;
  const sharing: ScaleSharing = granularityOf(shape, scale?.shape ?? null, weights?.groupSize ?? null);
  const { element, bits } = elementOfCodes(codes, shape, weights?.bits ?? null);
  return scheme({
    format: 'compressed-tensors',
    element,
    bits,
    ...sharing,
    // A weight of a single block looks like one with a single scale.
    ...(weights?.strategy === 'block'
      ? { granularity: 'block', groupSize: null, blockSize: weights.blockStructure ?? sharing.blockSize }
      : {}),
    symmetric: components.has('weight_zero_point') ? false : (weights?.symmetric ?? null),
    zeroPoint: components.has('weight_zero_point') ? 'integer' : 'none',
    activationOrder: components.has('weight_g_idx') ? true : weights === null ? null : weights.actorder !== null,
    scaleDtype: scale?.dtype ?? null,
    activation: activationWords(group?.activations ?? null),
    packing: codes.dtype === 'U8' ? (components.has('weight_global_scale') ? 'nvfp4' : 'mxfp4') : null,
  });
}

function elementOfCodes(
  codes: StoredTensor,
  shape: readonly number[] | null,
  said: number | null,
): { readonly element: string; readonly bits: number } {
  if (codes.dtype === 'U8') return { element: 'float4_e2m1', bits: 4 };
  if (codes.dtype !== 'I32') return elementOf(codes.dtype);
  const derived = shape === null ? null : Math.floor(((codes.shape.at(-1) ?? 0) * 32) / (shape.at(-1) ?? 1));
  const bits = said ?? derived ?? 0;
  return { element: bits === 0 ? 'int?' : `int${bits}`, bits };
}

function expectation(config: CompressedTensorsConfig, module: string, className: ClassName): Expectation | null {
  // Without groups there is nothing to say: an older file, or one that only keeps the cache small.
  if (config.groups.length === 0) return null;
  const ignored = config.ignore(module, className);
  if (ignored !== null) {
    return { quantized: false, because: `"ignore" has ${shown(ignored)}`, implied: false };
  }
  const group = config.groups.find(({ matches }) => matches(module, className) !== null);
  if (group === undefined) {
    return { quantized: false, because: 'it is a target of no config group', implied: false };
  }
  const { weights } = group;
  const target = group.matches(module, className) ?? '';
  if (weights === null) return null;
  return {
    quantized: true,
    because: `it is a target of ${shown(group.name)} through ${shown(target)}`,
    implied: false,
    differs: ({ scheme: stored }) => {
      if (stored === null) return null;
      if (weights.bits !== null && stored.bits !== weights.bits) {
        return `${shown(group.name)} says ${weights.bits} bits, and the tensors have ${stored.bits}`;
      }
      const sized = weights.groupSize !== null && stored.granularity === 'group';
      return sized && stored.groupSize !== weights.groupSize
        ? `${shown(group.name)} says groups of ${weights.groupSize}, and the tensors have groups of ${stored.groupSize ?? '?'}`
        : null;
    },
  };
}
