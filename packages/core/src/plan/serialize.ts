import { isDtype } from '../dtype.ts';
import { FewbitError } from '../errors.ts';
import { isJsonObject, type JsonValue } from '../json.ts';
import { byteLength, type TensorInfo } from '../tensor.ts';
import type { PlannedOutput } from '../contracts/checkpoint.ts';
import type { Plan, PlannedTensor } from './plan.ts';
import { createWorkItems } from './work-items.ts';

/** The plan as JSON text. Heads of files are written as text of one character for each byte. */
export function serializePlan(plan: Plan): string {
  return JSON.stringify({
    ...plan,
    tensors: plan.tensors.map((tensor, index) => ({ ...tensor, outputs: plan.outputsOf(index) })),
    files: plan.files.map(({ name, byteLength, head }) => ({ name, byteLength, head: toText(head) })),
  });
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
  if (!isJsonObject(value) || value.format !== 'fewbit-plan/1') throw invalid('its format is not "fewbit-plan/1"');
  const { recipe, inputs, tensors, files, items, findings } = value;
  if (typeof recipe !== 'string') throw invalid('it has no recipe');
  each(inputs, 'inputs', (input) => isName(input.name) && isCount(input.byteLength));
  each(files, 'files', (file) => isName(file.name) && isCount(file.byteLength) && typeof file.head === 'string');
  each(findings, 'findings', (finding) => typeof finding.message === 'string');
  const plan = value as unknown as WrittenPlan;
  const heads = plan.files.map((file) => ({ ...file, head: toBytes(file.head as unknown as string) }));
  each(tensors, 'tensors', (tensor) => isTensor(tensor, plan));
  each(items, 'items', (item) => isItem(item, plan));
  const workItems = createWorkItems();
  for (const item of plan.items) workItems.push(item);
  const places: (readonly PlannedOutput[])[] = [];
  const bare = plan.tensors.map(({ outputs, ...tensor }) => {
    places.push(outputs);
    return tensor;
  });
  return {
    ...plan,
    tensors: bare,
    outputsOf: (tensor) => places[tensor] ?? [],
    files: heads,
    items: workItems,
  };
}

/** A plan as text holds it: with the outputs of each tensor in it. */
type WrittenPlan = Omit<Plan, 'tensors' | 'outputsOf'> & {
  readonly tensors: readonly (PlannedTensor & { readonly outputs: readonly PlannedOutput[] })[];
};

type Members = Readonly<Record<string, JsonValue | undefined>>;

function isTensor(tensor: Members, plan: WrittenPlan): boolean {
  const { parameter, configEntry, outputs } = tensor;
  return (
    isJsonObject(parameter) &&
    isParameter(parameter, plan) &&
    (configEntry === null || isCount(configEntry)) &&
    isJsonObject(tensor.resolution) &&
    isList(outputs) &&
    outputs.every((output) => isJsonObject(output) && isOutput(output, plan))
  );
}

function isParameter(parameter: Members, { inputs }: WrittenPlan): boolean {
  const { shard, begin, end } = parameter;
  const input = inputs[Number(shard)];
  return (
    isName(parameter.name) &&
    isName(parameter.module) &&
    isName(parameter.parameter) &&
    isShaped(parameter) &&
    isCount(begin) &&
    isCount(end) &&
    end - begin === byteLength(parameter) &&
    input !== undefined &&
    end <= input.byteLength
  );
}

function isOutput(output: Members, { files }: WrittenPlan): boolean {
  const { begin } = output;
  const file = files[Number(output.file)];
  return (
    isName(output.name) &&
    isShaped(output) &&
    isCount(begin) &&
    output.byteLength === byteLength(output) &&
    file !== undefined &&
    begin + byteLength(output) <= file.byteLength
  );
}

function isItem({ phase, tensor, start, end }: Members, plan: WrittenPlan): boolean {
  const known = phase === 'copy' || phase === 'measure' || phase === 'quantize';
  return known && plan.tensors[Number(tensor)] !== undefined && isCount(start) && isCount(end) && start < end;
}

function isShaped<T extends Members>(value: T): value is T & TensorInfo {
  const { dtype, shape } = value;
  return isDtype(dtype) && isList(shape) && shape.every(isCount);
}

function isCount(value: JsonValue | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function isName(value: JsonValue | undefined): value is string {
  return typeof value === 'string';
}

function isList(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value);
}

function each(list: JsonValue | undefined, what: string, check: (element: Members) => boolean): void {
  if (!isList(list)) throw invalid(`it has no list of ${what}`);
  list.forEach((element, index) => {
    if (!isJsonObject(element) || !check(element)) throw invalid(`${what}[${index}] is not as planned`);
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
