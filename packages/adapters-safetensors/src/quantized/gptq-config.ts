import { shown } from '../json/checkpoint-json.ts';
import type { FindingGroups } from './finding-groups.ts';
import { startPatterns } from './name-patterns.ts';
import {
  booleanMember,
  integerMember,
  objectMember,
  stringMember,
  stringsMember,
  type QuantizationConfig,
} from './quantization-config.ts';
import type { DescribedTensor, Expectation, ExpectedWeight } from './quantized-format.ts';
import { brokenEntry } from './skip-lists.ts';

/** What the config says about one module. Each is null where it says nothing. */
export interface GptqModuleSettings {
  readonly bits: number | null;
  /** Zero or less: the whole row. */
  readonly groupSize: number | null;
  readonly symmetric: boolean | null;
  readonly activationOrder: boolean | null;
  /** False where a `-:` entry of `dynamic` leaves the module out. */
  readonly quantized: boolean;
  /** The entry of `dynamic` that matched, as written; null when none did. */
  readonly entry: string | null;
}

export interface GptqSettings {
  readonly of: (module: string) => GptqModuleSettings;
  /** `checkpoint_format`, where it is another than the usual. */
  readonly layout: string | null;
  /** Whether `lm_head` is to be quantized; null where nothing says. */
  readonly head: boolean | null;
  /** Lists under various names of modules that stay as they are. */
  readonly skipped: readonly string[];
}

/**
 * Reads `quantization_config` of GPTQ. GPTQModel's `dynamic` maps patterns to overrides: `-:` leaves modules out, `+:` or
 * nothing overrides; Python's `match` on module names, the first in the order written wins.
 */
export function gptqSettings(quantization: QuantizationConfig | null, findings: FindingGroups): GptqSettings {
  const fields = quantization?.fields ?? {};
  const base: GptqModuleSettings = {
    bits: positive(integerMember(fields, 'bits') ?? integerMember(fields, 'w_bit')),
    groupSize: integerMember(fields, 'group_size') ?? integerMember(fields, 'q_group_size'),
    symmetric: booleanMember(fields, 'sym'),
    activationOrder: booleanMember(fields, 'desc_act'),
    quantized: true,
    entry: null,
  };
  const dynamic = objectMember(fields, 'dynamic') ?? {};
  const keys = Object.keys(dynamic);
  const patterns = startPatterns(
    keys.map((key) => key.replace(/^[+-]:/, '')),
    brokenEntry('dynamic', findings),
  );
  const format = stringMember(fields, 'checkpoint_format') ?? stringMember(fields, 'format');
  return {
    layout: format === null || format === 'gptq' ? null : format.slice(0, 40),
    head: booleanMember(fields, 'lm_head'),
    skipped: ['modules_to_not_convert', 'modules_not_quantized'].flatMap((name) => stringsMember(fields, name) ?? []),
    of: (module) => {
      const key = keys[patterns.first(module)];
      if (key === undefined) return base;
      if (key.startsWith('-:')) return { ...base, quantized: false, entry: key };
      const own = objectMember(dynamic, key) ?? {};
      return {
        bits: positive(integerMember(own, 'bits')) ?? base.bits,
        groupSize: integerMember(own, 'group_size') ?? base.groupSize,
        symmetric: booleanMember(own, 'sym') ?? base.symmetric,
        activationOrder: booleanMember(own, 'desc_act') ?? base.activationOrder,
        quantized: true,
        entry: key,
      };
    },
  };
}

/** What the config expects of a linear weight. Which linear layers GPTQ covers depends on the model, so little follows from a default. */
export function gptqExpectation(settings: GptqSettings): (weight: ExpectedWeight) => Expectation | null {
  return ({ module }) => {
    const said = settings.of(module);
    if (!said.quantized) {
      return { quantized: false, because: `"dynamic" has ${shown(said.entry ?? '')}`, implied: false };
    }
    const skip = settings.skipped.find((entry) => entry === module || module.endsWith(`.${entry}`));
    if (skip !== undefined) {
      return { quantized: false, because: `the config leaves out ${shown(skip)}`, implied: false };
    }
    const isHead = module === 'lm_head' || module.endsWith('.lm_head');
    if (isHead && settings.head !== true) {
      const because = settings.head === false ? '"lm_head" is false' : '"lm_head" is not set';
      return { quantized: false, because, implied: settings.head === null };
    }
    const entry = said.entry === null ? 'the config' : `"dynamic" has ${shown(said.entry)}, which`;
    if (said.entry === null) return { quantized: true, because: '', implied: true, differs: differs(said, entry) };
    return {
      quantized: true,
      because: `"dynamic" has ${shown(said.entry)}`,
      implied: false,
      differs: differs(said, entry),
    };
  };
}

function differs(said: GptqModuleSettings, who: string): (tensor: DescribedTensor) => string | null {
  return ({ scheme, shape }) => {
    if (scheme === null || shape === null) return null;
    if (said.bits !== null && scheme.bits !== said.bits) {
      return `${who} says ${said.bits} bits, and the tensors have ${scheme.bits}`;
    }
    const stored = scheme.granularity === 'row' ? (shape[1] ?? 0) : scheme.groupSize;
    const wanted = said.groupSize === null ? null : said.groupSize <= 0 ? (shape[1] ?? 0) : said.groupSize;
    // A group that is longer than the row is the row.
    if (wanted === null || stored === null || Math.min(wanted, shape[1] ?? 0) === stored) return null;
    return `${who} says groups of ${said.groupSize ?? ''}, and the tensors have groups of ${stored}`;
  };
}

function positive(value: number | null): number | null {
  return value !== null && value >= 1 && value <= 64 ? value : null;
}
