import { isDtype } from '../dtype.ts';
import { FewbitError } from '../errors.ts';
import { isJsonObject, type JsonValue } from '../json.ts';
import { byteLength } from '../tensor.ts';
import type { Plan } from './plan.ts';

/** The plan as JSON text. Heads of files are written as text of one character for each byte. */
export function serializePlan(plan: Plan): string {
  return JSON.stringify({ ...plan, files: plan.files.map((file) => ({ ...file, head: toText(file.head) })) });
}

/**
 * The plan that `serializePlan` wrote. Positions are checked: a plan from outside may not send a byte out of its file.
 *
 * @throws FewbitError (`FEWBIT_PLAN_INVALID`) for anything else.
 */
export function deserializePlan(text: string): Plan {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw invalid('it is not JSON', cause);
  }
  if (!isJsonObject(value) || value['format'] !== 'fewbit-plan/1') throw invalid('its format is not "fewbit-plan/1"');
  const { recipe, inputs, tensors, files, items, findings } = value;
  if (typeof recipe !== 'string') throw invalid('it has no recipe');
  each(inputs, 'inputs', (input) => isName(input['name']) && isCount(input['byteLength']));
  each(files, 'files', (file) => isName(file['name']) && isCount(file['byteLength']) && typeof file['head'] === 'string');
  each(findings, 'findings', (finding) => typeof finding['message'] === 'string');
  const plan = value as unknown as Plan;
  const heads = plan.files.map((file) => ({ ...file, head: toBytes(file.head as unknown as string) }));
  each(tensors, 'tensors', (_, index) => isTensor(plan, index));
  each(items, 'items', (_, index) => isItem(plan, index));
  return { ...plan, files: heads };
}

function isTensor(plan: Plan, index: number): boolean {
  const tensor = plan.tensors[index];
  if (tensor === undefined || !isName(tensor.name) || !isName(tensor.module) || !isName(tensor.parameter)) return false;
  const input = plan.inputs[tensor.shard];
  const entry = tensor.configEntry;
  return (
    isShaped(tensor) &&
    input !== undefined &&
    isCount(tensor.begin) &&
    tensor.end - tensor.begin === byteLength(tensor) &&
    tensor.end <= input.byteLength &&
    (entry === null || isCount(entry)) &&
    isJsonObject(tensor.resolution) &&
    Array.isArray(tensor.outputs) &&
    tensor.outputs.every((output) => {
      const file = plan.files[output.file];
      return (
        isName(output.name) &&
        isShaped(output) &&
        isCount(output.begin) &&
        output.byteLength === byteLength(output) &&
        file !== undefined &&
        output.begin + output.byteLength <= file.byteLength
      );
    })
  );
}

function isItem(plan: Plan, index: number): boolean {
  const item = plan.items[index];
  if (item === undefined || plan.tensors[item.tensor] === undefined) return false;
  return (
    (item.phase === 'copy' || item.phase === 'measure' || item.phase === 'quantize') &&
    isCount(item.start) &&
    isCount(item.end) &&
    item.start < item.end
  );
}

function isShaped(value: { readonly dtype: unknown; readonly shape: unknown }): boolean {
  return isDtype(value.dtype) && Array.isArray(value.shape) && value.shape.every(isCount);
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isName(value: unknown): boolean {
  return typeof value === 'string';
}

function each(
  list: JsonValue | undefined,
  what: string,
  check: (element: Readonly<Record<string, JsonValue>>, index: number) => boolean,
): void {
  if (!Array.isArray(list)) throw invalid(`it has no list of ${what}`);
  (list as readonly JsonValue[]).forEach((element, index) => {
    if (!isJsonObject(element) || !check(element, index)) throw invalid(`${what}[${index}] is not as planned`);
  });
}

// One argument for each byte: far below the number of arguments that engines take.
const TEXT_CHUNK = 8192;

function toText(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += TEXT_CHUNK) {
    text += String.fromCharCode(...bytes.subarray(at, at + TEXT_CHUNK));
  }
  return text;
}

function toBytes(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0) & 0xff);
}

function invalid(message: string, cause?: unknown): FewbitError {
  return new FewbitError('FEWBIT_PLAN_INVALID', {
    message: `this is no plan that can be carried out: ${message}`,
    hint: 'Make the plan again.',
    cause,
  });
}
