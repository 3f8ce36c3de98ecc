import type { Dtype, JsonObject, ModuleKind, StoredTensor, TensorClass } from '@fewbit/core';

import type { FindingGroups } from './finding-groups.ts';
import type { QuantizationConfig } from './quantization-config.ts';
import type { QuantizationScheme } from './scheme.ts';
import type { TensorIndex } from './tensor-index.ts';

/**
 * A way to store quantized weights (`gptq`): recognises its tensors by their names, dtypes and shapes, and says what they
 * are. A plain value: give `describeCheckpoint` the built-in ones and your own.
 */
export interface QuantizedFormat {
  readonly name: string;
  /** The `quant_method`s of a `config.json` under which models of this format go. */
  readonly methods: readonly string[];
  /** Whether a tensor of the checkpoint looks like it. Asked often: a look at the last parts of names should be enough. */
  readonly detect: (context: FormatContext) => boolean;
  /** The quantized tensors; what is wrong goes to `findings`. Must not throw for anything that a header or a config can say. */
  readonly describe: (context: FormatContext) => FormatDescription | Promise<FormatDescription>;
}

export interface FormatContext {
  /** The tensors that no format before this one has claimed. */
  readonly index: TensorIndex;
  readonly metadata: ReadonlyMap<string, string>;
  /** The model's `config.json`; null when there is none. */
  readonly config: JsonObject | null;
  readonly quantization: QuantizationConfig | null;
  /** Where to say what is wrong, while describing or when an expectation is asked for. */
  readonly findings: FindingGroups;
  /** Classes that can be read back here; their checks are those of torchao's loader. */
  readonly tensorClasses: ReadonlyMap<string, TensorClass>;
  /**
   * The bytes of a small tensor, for what no header says. Null for one that is not small or cannot be read, and once
   * more was asked than describing may cost.
   */
  readonly readSmall: (tensor: StoredTensor) => Promise<Uint8Array | null>;
}

export interface FormatDescription {
  readonly tensors: readonly DescribedTensor[];
  /** The names of all of the model's tensors in its own order, where the format keeps that. */
  readonly order?: readonly string[];
  /** What the config says should become of a linear weight; asked only where the config names this format. */
  readonly expects?: (weight: ExpectedWeight) => Expectation | null;
}

/** A weight as config entries speak of it. */
export interface ExpectedWeight {
  /** The tensor's name: `model.layers.0.mlp.up_proj.weight`. */
  readonly name: string;
  readonly module: string;
  readonly parameter: string;
  readonly kind: ModuleKind;
}

export interface Expectation {
  readonly quantized: boolean;
  /** The entry that says so, in words; tensors with the same reason are reported together. */
  readonly because: string;
  /** True when it follows from a default rather than from an entry about this weight. */
  readonly implied: boolean;
  /** What does not agree about a quantized tensor, or null; absent: nothing to compare. */
  readonly differs?: (tensor: DescribedTensor) => string | null;
}

/** A tensor as the model has it, whatever it is stored as. */
export interface DescribedTensor {
  readonly name: string;
  /** Of the model's own weight, before it was quantized; null where nothing tells. */
  readonly dtype: Dtype | null;
  /** Before it was quantized or packed; null where nothing tells. */
  readonly shape: readonly number[] | null;
  /** Elements before packing; null where nothing tells. Known more often than the shape. */
  readonly elements: number | null;
  /** Null for a plain tensor. */
  readonly scheme: QuantizationScheme | null;
  /** By role: `qweight`, `scales`; a plain tensor's single component is ''. */
  readonly components: ReadonlyMap<string, StoredTensor>;
}
