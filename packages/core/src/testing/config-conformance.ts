import type { Config, ConfigType } from '../contracts/config-type.ts';
import { DTYPE_BITS, isDtype, type Dtype, type FloatDtype } from '../dtype.ts';
import { FewbitError } from '../errors.ts';
import type { JsonObject } from '../json.ts';
import { createReferenceBackend } from '../reference/backend.ts';
import { fromFloat32, toFloat32 } from '../reference/float.ts';
import { elementCount, type ParameterInfo } from '../tensor.ts';
import { check, checkSameBytes, type ConformanceCase } from './conformance-case.ts';
import { HOSTILE_VALUES } from './hostile-values.ts';
import { dequantizeInMemory, quantizeInMemory, rangesOf, type Weight } from './quantize-tensor.ts';
import { integerWithin, randomWeights, seededRandom, WEIGHT_KINDS, type WeightKind } from './random-weights.ts';

/** A config and weights that it quantizes. */
export interface ConfigExample {
  /** What is special about it: `groups of 32`. */
  readonly name: string;
  /** As in a recipe, without type and version. */
  readonly fields: JsonObject;
  /** Weights that `accept` answers with `quantize`. Small ones: each is quantized dozens of times. */
  readonly weights: readonly { readonly dtype: FloatDtype; readonly shape: readonly number[] }[];
  /** The largest absolute error that quantizing makes of weights within [-1.5, 1.5]. */
  readonly tolerance: number;
}

/**
 * The suite that every config type passes: its JSON comes back the same, what it writes is what it announced whatever the
 * ranges, its tensors can be read back, and nothing that a recipe may say makes it fail otherwise than by a typed error.
 */
export function configConformance(
  configType: ConfigType,
  examples: readonly ConfigExample[],
): readonly ConformanceCase[] {
  const version = configType.versions.at(-1) ?? configType.versions[0];
  const parse = (fields: JsonObject): Config => configType.parse(fields, { version, where: 'recipe.key' });
  const of = (what: string, run: (config: Config, example: ConfigExample) => Promise<void> | void): ConformanceCase[] =>
    examples.map((example) => ({
      name: `${configType.type}, ${example.name}: ${what}`,
      run: async () => run(parse(example.fields), example),
    }));
  return [
    ...of('its fields survive JSON', (config, { fields }) => {
      const written = config.toFields();
      const lost = Object.keys(fields).find((name) => !Object.hasOwn(written, name));
      check(lost === undefined, () => `toFields leaves out "${String(lost)}"`);
      keepsFields(config, parse);
    }),
    ...of('every byte is written once, and ranges do not change any', splitsFreely),
    ...of('what it wrote can be read back, range by range', (config, example) =>
      readsBack(config, configType, example),
    ),
    ...of('hostile fields are refused by a typed error', (_, { fields }) => {
      refusesHostileFields(fields, parse);
    }),
    ...of('any parameter gets a verdict', judgesAnything),
  ];
}

function keepsFields(config: Config, parse: (fields: JsonObject) => Config): void {
  const text = JSON.stringify(config.toFields());
  const again = parse(JSON.parse(text) as JsonObject);
  check(JSON.stringify(again.toFields()) === text, () => `${text} came back as ${JSON.stringify(again.toFields())}`);
  check(config.summary.length > 0 && config.summary === again.summary, () => `the summary is "${config.summary}"`);
}

async function splitsFreely(config: Config, { weights }: ConfigExample): Promise<void> {
  const random = seededRandom(11);
  const backend = createReferenceBackend().quantizing;
  for (const { weight, parameter, kind } of randomised(weights)) {
    const verdict = config.accept(parameter);
    check(verdict.verdict === 'quantize', () => `${shapeOf(weight)} was not accepted: ${JSON.stringify(verdict)}`);
    const quantizer = config.quantizer(parameter);
    const elements = elementCount(weight.shape);
    const { unit, span } = quantizer;
    check(
      unit > 0 && span % unit === 0 && elements % span === 0,
      () => `unit ${unit}, span ${span} of ${elements} elements`,
    );
    const whole = await quantizeInMemory(quantizer, weight, backend);
    for (const units of [1, 2, integerWithin(random, 3, 9)]) {
      const parts = await quantizeInMemory(quantizer, weight, backend, rangesOf(quantizer, elements, units));
      for (const [index, bytes] of parts.entries()) {
        const name = quantizer.components[index]?.name ?? '';
        checkSameBytes(bytes, whole[index] ?? new Uint8Array(0), `${name} of ${kind} in ranges of ${units} units`);
      }
    }
  }
}

async function readsBack(config: Config, configType: ConfigType, { weights, tolerance }: ConfigExample): Promise<void> {
  const backend = createReferenceBackend().quantizing;
  for (const { weight, parameter } of randomised(weights, ['noise'])) {
    const quantizer = config.quantizer(parameter);
    const tensorClass = configType.tensorClasses.find(({ name }) => name === quantizer.tensorClass);
    check(tensorClass !== undefined, () => `${quantizer.tensorClass} is not among the type's tensor classes`);
    const outputs = await quantizeInMemory(quantizer, weight, backend);
    const components = new Map(quantizer.components.map((component) => [component.name, component]));
    check(components.size === outputs.length, () => 'two components have one name');
    const attributes = JSON.parse(JSON.stringify(quantizer.attributes)) as JsonObject;
    const tensor = tensorClass.open({ name: parameter.name, attributes, components });
    check(tensor.shape.join() === weight.shape.join(), () => `the shape came back as ${tensor.shape.join()}`);

    const bytes = new Map(quantizer.components.map(({ name }, index) => [name, outputs[index] ?? new Uint8Array(0)]));
    const whole = await dequantizeInMemory(tensor, bytes, backend);
    const before = toFloat32(weight.bytes, weight.dtype);
    toFloat32(whole, tensor.dtype).forEach((value, at) => {
      const error = Math.abs(value - (before[at] ?? NaN));
      check(
        error <= tolerance,
        () => `element ${at} of ${shapeOf(weight)} came back as ${value}, not ${String(before[at])}`,
      );
    });

    const elements = elementCount(weight.shape);
    const width = whole.length / elements;
    for (const units of [1, 3]) {
      for (const [start, end] of rangesOf({ unit: tensor.unit, span: elements }, elements, units)) {
        const part = await dequantizeInMemory(tensor, bytes, backend, start, end);
        checkSameBytes(part, whole.subarray(start * width, end * width), `elements ${start} to ${end}`);
      }
    }
  }
}

function refusesHostileFields(fields: JsonObject, parse: (fields: JsonObject) => Config): void {
  const known = Object.keys(parse(fields).toFields());
  for (const name of [...known, 'no_such_field', '__proto__', 'constructor', '']) {
    for (const value of HOSTILE_VALUES) {
      // A computed key makes `__proto__` an own member, as JSON.parse does.
      const hostile: JsonObject = { ...fields, [name]: value };
      const config = typedError(() => parse(hostile), ['FEWBIT_CONFIG_INVALID', 'FEWBIT_CONFIG_UNSUPPORTED']);
      if (config === null) continue;
      check(known.includes(name), () => `the unknown field ${JSON.stringify(name)} was taken`);
      keepsFields(config, parse);
    }
  }
}

const ODD_SHAPES: readonly (readonly number[])[] = [
  [],
  [0],
  [1],
  [7],
  [0, 8],
  [8, 0],
  [1, 1],
  [3, 1],
  [4, 64],
  [5, 7],
  [2, 3, 4],
  [2, 8, 3, 3],
  [1, 1, 1, 1, 1],
  [2 ** 26, 2 ** 26],
];

function judgesAnything(config: Config): void {
  const dtypes: readonly Dtype[] = Object.keys(DTYPE_BITS).filter((name) => isDtype(name));
  for (const shape of ODD_SHAPES) {
    for (const dtype of dtypes) {
      const parameter = parameterOf({ dtype, shape });
      const acceptance = config.accept(parameter);
      if (acceptance.verdict === 'quantize') config.quantizer(parameter);
      else check(acceptance.reason.length > 0, () => `no reason for leaving out ${shapeOf(parameter)}`);
    }
  }
}

/** What `make` gives, or null where it throws an error of one of the codes. */
function typedError<T>(make: () => T, codes: readonly string[]): T | null {
  try {
    return make();
  } catch (error) {
    const typed = FewbitError.isInstance(error) && codes.includes(error.code);
    check(typed, () => `an error that is not of ${codes.join(' or ')}: ${String(error)}`);
    return null;
  }
}

function* randomised(
  weights: ConfigExample['weights'],
  kinds: readonly WeightKind[] = WEIGHT_KINDS,
): Generator<{ readonly weight: Weight; readonly parameter: ParameterInfo; readonly kind: WeightKind }> {
  const random = seededRandom(10);
  for (const { dtype, shape } of weights) {
    for (const kind of kinds) {
      const bytes = kind === 'noise' ? noise(dtype, shape) : randomWeights(random, elementCount(shape), dtype, kind);
      yield { weight: { dtype, shape, bytes }, parameter: parameterOf({ dtype, shape }), kind };
    }
  }

  function noise(dtype: FloatDtype, shape: readonly number[]): Uint8Array {
    const values = new Float32Array(elementCount(shape)).map(() => random() * 3 - 1.5);
    return fromFloat32(values, dtype);
  }
}

function parameterOf({ dtype, shape }: { readonly dtype: Dtype; readonly shape: readonly number[] }): ParameterInfo {
  return { name: 'layer.weight', dtype, shape, module: 'layer', parameter: 'weight', kind: 'linear' };
}

function shapeOf({ dtype, shape }: { readonly dtype: Dtype; readonly shape: readonly number[] }): string {
  return `${dtype} [${shape.join(', ')}]`;
}
