import type { ModuleKind, ParameterInfo } from '@fewbit/core';
import type { MappedNames } from '../name-spaces/map-names.ts';
import { endsWithPattern, type NamePattern } from '../name-spaces/pattern.ts';

/** One of the checkpoint's parameters as vLLM has it. */
export interface VllmParameter {
  /** FQN of its module in vLLM, where several may share one. */
  readonly module: string;
  /** FQN that the module would have if vLLM did not fuse it with others. */
  readonly part: string;
  /** Why no recipe reaches it, as a sentence without a full stop; null for the weight of a linear layer. */
  readonly unreached: string | null;
}

/**
 * Where vLLM asks torchao's config: at the weights of its linear layers (`LinearBase`), and nowhere else. Those are the
 * checkpoint's linears, GPT-2's transposed ones included, without the head, the experts and, but for some families, the
 * routers.
 */
export function vllmParameters(parameters: readonly ParameterInfo[], mapped: MappedNames): readonly VllmParameter[] {
  const unreached = createReach(mapped);
  return parameters.map(({ kind }, index): VllmParameter => {
    const name = mapped.names[index] ?? '';
    const partName = mapped.partNames[index] ?? name;
    const module = moduleOf(name);
    return {
      module,
      part: partName === name ? module : moduleOf(partName),
      unreached: unreached(kind, module, name.slice(module === '' ? 0 : module.length + 1)),
    };
  });
}

function createReach({
  unreachable,
  reachable,
}: MappedNames): (kind: ModuleKind, module: string, parameter: string) => string | null {
  return (kind, module, parameter) => {
    if (kind === 'buffer') return BUFFER;
    if (kind === 'experts' || parameter === 'w13_weight' || parameter === 'w2_weight') return EXPERTS;
    const components = module.split('.');
    const endsLike = (pattern: NamePattern): boolean => endsWithPattern(components, pattern);
    if (reachable.some(endsLike)) return parameter === 'weight' ? null : NO_WEIGHT;
    if (kind !== 'linear' && kind !== 'conv1d') return NO_LINEAR[kind];
    if (unreachable.some(endsLike)) return NOT_ASKED;
    return parameter === 'weight' ? null : NO_WEIGHT;
  };
}

const BUFFER = 'a buffer, which vLLM never quantizes';
const EXPERTS = 'stacked experts (FusedMoE), for which vLLM does not ask torchao';
const NOT_ASKED = 'the output head or a router, which vLLM builds without a quantization config';
const NO_WEIGHT = 'no weight: vLLM quantizes the weights of linear layers alone';
const NO_LINEAR: Readonly<Record<Exclude<ModuleKind, 'linear' | 'conv1d' | 'experts' | 'buffer'>, string>> = {
  embedding: 'an embedding: vLLM asks torchao for linear layers alone',
  conv: 'a convolution: vLLM asks torchao for linear layers alone',
  norm: 'a norm: vLLM asks torchao for linear layers alone',
  other: 'no linear layer, and vLLM asks torchao for those alone',
};

function moduleOf(name: string): string {
  return name.slice(0, Math.max(0, name.lastIndexOf('.')));
}
