import {
  FewbitError,
  floatDtypeOf,
  InvalidCheckpointError,
  isFloatDtype,
  isJsonObject,
  unwrap,
  type Dtype,
  type FloatDtype,
  type JsonValue,
  type StoredQuantizedTensor,
  type TensorInfo,
} from '@fewbit/core';
import { shownShape } from '../granularity/blocks.ts';

/** The attributes and components that a tensor class takes, the required ones first in each list. */
export interface StoredNames {
  readonly attributes: { readonly required: readonly string[]; readonly optional: readonly string[] };
  readonly components: { readonly required: readonly string[]; readonly optional: readonly string[] };
}

/** @throws InvalidCheckpointError where something required is missing or something is there that the class does not know. */
export function checkNames(stored: StoredQuantizedTensor, { attributes, components }: StoredNames): void {
  check('attribute', Object.keys(stored.attributes), attributes);
  check('component', [...stored.components.keys()], components);

  function check(
    what: string,
    seen: readonly string[],
    known: { required: readonly string[]; optional: readonly string[] },
  ): void {
    const missing = known.required.find((name) => !seen.includes(name));
    if (missing !== undefined) throw invalid(stored, `the ${what} "${missing}" is missing`, known.required.join(', '));
    const allowed = [...known.required, ...known.optional];
    const unknown = seen.find((name) => !allowed.includes(name));
    if (unknown !== undefined)
      throw invalid(stored, `the ${what} ${JSON.stringify(unknown)} is unknown`, allowed.join(', '));
  }
}

/** A component that `checkNames` found. */
export function componentOf(stored: StoredQuantizedTensor, name: string, dtypes: readonly Dtype[]): TensorInfo {
  const component = stored.components.get(name);
  if (component === undefined) throw invalid(stored, `the component "${name}" is missing`);
  if (!dtypes.includes(component.dtype)) {
    throw invalid(stored, `"${name}" has dtype ${component.dtype}`, dtypes.join(', '));
  }
  return component;
}

/** A component of one of the dtypes that weights come in. */
export function floatComponentOf(
  stored: StoredQuantizedTensor,
  name: string,
): TensorInfo & { readonly dtype: FloatDtype } {
  const component = componentOf(stored, name, ['F32', 'BF16', 'F16']);
  const { dtype } = component;
  if (!isFloatDtype(dtype)) throw invalid(stored, `"${name}" has dtype ${dtype}`);
  return { ...component, dtype };
}

/** @throws InvalidCheckpointError unless the component has exactly this shape. */
export function checkShape(
  stored: StoredQuantizedTensor,
  component: TensorInfo,
  name: string,
  shape: readonly number[],
): void {
  const same =
    component.shape.length === shape.length && shape.every((extent, axis) => component.shape[axis] === extent);
  if (!same) throw invalid(stored, `"${name}" has shape ${shownShape(component.shape)}`, shownShape(shape));
}

/** An attribute that is a list of positive integers: a block size or a shape. */
export function extentsOf(stored: StoredQuantizedTensor, name: string): readonly number[] {
  const value = attributeOf(stored, name);
  if (!Array.isArray(value)) throw invalid(stored, `the attribute "${name}" is no list`, 'a list of integers');
  return (value as readonly JsonValue[]).map((extent) => {
    if (typeof extent === 'number' && Number.isSafeInteger(extent) && extent >= 1) return extent;
    throw invalid(stored, `the attribute "${name}" holds something that is no extent`, 'integers of 1 or more');
  });
}

/** The attribute `dtype`: one of the dtypes that weights come in. */
export function dtypeAttributeOf(stored: StoredQuantizedTensor): FloatDtype {
  const name = unwrap(attributeOf(stored, 'dtype') ?? null, 'torch.dtype');
  const dtype = typeof name === 'string' ? floatDtypeOf(name) : undefined;
  if (dtype === undefined) {
    throw invalid(
      stored,
      'the attribute "dtype" names no dtype of weights',
      'torch.dtype float32, bfloat16 or float16',
    );
  }
  return dtype;
}

export function attributeOf(stored: StoredQuantizedTensor, name: string): JsonValue | undefined {
  return isJsonObject(stored.attributes) && Object.hasOwn(stored.attributes, name)
    ? stored.attributes[name]
    : undefined;
}

export function invalid(stored: StoredQuantizedTensor, message: string, allowed?: string): InvalidCheckpointError {
  return new InvalidCheckpointError({ message, where: stored.name, ...(allowed !== undefined && { allowed }) });
}

/** A tensor that torchao loads and fewbit does not read (yet). */
export function unsupported(stored: StoredQuantizedTensor, message: string, hint: string): FewbitError {
  return new FewbitError('FEWBIT_CHECKPOINT_UNSUPPORTED', { message, where: stored.name, hint });
}

/** @throws FewbitError (`FEWBIT_CHECKPOINT_UNSUPPORTED`) for a weight whose activations must be scaled first. */
export function refuseActivationScale(stored: StoredQuantizedTensor): void {
  if (stored.components.has('act_pre_scale')) {
    throw unsupported(
      stored,
      'it has an act_pre_scale (AWQ or SmoothQuant), without which its values are not those of the original weight',
      'Read it with torchao.',
    );
  }
}
