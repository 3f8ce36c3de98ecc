import { isDtype, isJsonObject, type Dtype, type JsonObject, type JsonValue } from '@fewbit/core';

/** What a `config.json` says about quantization. */
export interface QuantizationConfig {
  /** Where in the file: `quantization_config`. */
  readonly place: string;
  /** Its `quant_method`; '' when it names none. */
  readonly method: string;
  readonly fields: JsonObject;
}

/** Finds it at the model's root, or in the text part of a model of several parts. */
export function quantizationConfigOf(config: JsonObject | null): QuantizationConfig | null {
  if (config === null) return null;
  for (const [outer, where] of [
    [config, ''],
    [objectMember(config, 'text_config'), 'text_config.'],
    [objectMember(config, 'llm_config'), 'llm_config.'],
  ] as const) {
    for (const name of ['quantization_config', 'compression_config']) {
      const fields = outer === null ? null : objectMember(outer, name);
      if (fields !== null) return { place: `${where}${name}`, method: methodOf(fields, name), fields };
    }
  }
  return null;
}

function methodOf(fields: JsonObject, name: string): string {
  const method = stringMember(fields, 'quant_method');
  if (method !== null) return method.toLowerCase();
  if (booleanMember(fields, 'load_in_4bit') === true || booleanMember(fields, 'load_in_8bit') === true) {
    return 'bitsandbytes';
  }
  // The name that compressed-tensors had for it before transformers knew it.
  return name === 'compression_config' ? 'compressed-tensors' : '';
}

const DTYPES: ReadonlyMap<string, Dtype> = new Map([
  ['float32', 'F32'],
  ['float', 'F32'],
  ['float16', 'F16'],
  ['half', 'F16'],
  ['bfloat16', 'BF16'],
]);

/** The dtype of the model's weights: `dtype`, or `torch_dtype` as it was called. Null when the config does not say. */
export function modelDtype(config: JsonObject | null): Dtype | null {
  if (config === null) return null;
  const text = objectMember(config, 'text_config');
  for (const outer of [config, ...(text === null ? [] : [text])]) {
    for (const name of ['dtype', 'torch_dtype']) {
      const dtype = torchDtype(stringMember(outer, name));
      if (dtype !== null) return dtype;
    }
  }
  return null;
}

/** PyTorch's name of a dtype of weights, with or without `torch.`, under safetensors' own name. */
export function torchDtype(name: string | null): Dtype | null {
  return name === null ? null : (DTYPES.get(name.replace(/^torch\./, '')) ?? null);
}

/** What weights were before: as the config says, or else as the scales are, where those are of such a dtype. */
export function originalDtype(config: JsonObject | null, scales: Dtype | null): Dtype | null {
  const said = modelDtype(config);
  if (said !== null) return said;
  return isDtype(scales) && (scales === 'BF16' || scales === 'F16') ? scales : null;
}

export function member(object: JsonObject, name: string): JsonValue | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

export function stringMember(object: JsonObject, name: string): string | null {
  const value = member(object, name);
  return typeof value === 'string' ? value : null;
}

export function booleanMember(object: JsonObject, name: string): boolean | null {
  const value = member(object, name);
  return typeof value === 'boolean' ? value : null;
}

/** A safe integer, negative ones included: -1 stands for "the whole row" in several formats. */
export function integerMember(object: JsonObject, name: string): number | null {
  const value = member(object, name);
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : null;
}

export function objectMember(object: JsonObject, name: string): JsonObject | null {
  const value = member(object, name);
  return isJsonObject(value) ? value : null;
}

/** The strings of a list; null when there is no list. */
export function stringsMember(object: JsonObject, name: string): readonly string[] | null {
  const value = member(object, name);
  return Array.isArray(value) ? value.filter((entry): entry is string => typeof entry === 'string') : null;
}

/** The positive integers of a list; null when it holds anything else. */
export function extentsMember(object: JsonObject, name: string): readonly number[] | null {
  const value = member(object, name);
  if (!Array.isArray(value) || value.length > 16) return null;
  const extents = value.filter(
    (entry): entry is number => typeof entry === 'number' && Number.isSafeInteger(entry) && entry > 0,
  );
  return extents.length === value.length ? extents : null;
}
