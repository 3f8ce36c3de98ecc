import { FewbitError, elementCount, isDtype, type LogicalTensor, type TensorClass } from '@fewbit/core';

import { isDotless, TENSOR_NAMES_KEY, TORCHAO_CLASSES } from '../torchao/component-names.ts';
import { isTorchaoMetadata, readLogicalTensors, type LogicalTensorProblem } from '../torchao/list-logical-tensors.ts';
import type { Consumer } from './finding.ts';
import type { FindingGroups } from './finding-groups.ts';
import type { DescribedTensor, QuantizedFormat } from './quantized-format.ts';
import { scheme } from './scheme.ts';
import { describeTorchaoClass } from './torchao-classes.ts';
import { torchaoExpectation } from './torchao-config.ts';

/** torchao's tensor classes, flattened into components; the metadata says which belong together. */
export const torchao: QuantizedFormat = {
  name: 'torchao',
  methods: ['torchao'],
  detect: ({ metadata }) => isTorchaoMetadata(metadata),
  describe: ({ index, metadata, quantization, tensorClasses, findings }) => {
    const classes: ReadonlySet<string> = new Set([...TORCHAO_CLASSES, ...tensorClasses.keys()]);
    const { tensors, leftovers, problems } = readLogicalTensors({ tensors: index.tensors, metadata }, { classes });
    for (const problem of problems) reportProblem(problem, findings);
    for (const { name } of leftovers) {
      const what = 'stored, and the metadata does not say what it is: torchao hands it back, transformers ignores it';
      findings.add({ id: 'not-described', severity: 'warning', what }, name);
    }
    const named = [...tensors, ...problems.flatMap(({ tensor }) => tensor ?? [])];
    for (const { name, quantized } of named) {
      if (quantized === null && isDotless(name)) findings.add(ROOT_TENSOR, name);
      if (quantized !== null && !TORCHAO_CLASSES.has(quantized.tensorClass)) {
        findings.add(OWN_CLASS, name);
      }
    }
    const whole = new Set(tensors);
    const described = named
      .filter(({ quantized }) => quantized !== null)
      .map((tensor) => describeTensor(tensor, tensorClasses, whole.has(tensor) ? findings : null));
    const expects = quantization?.method === 'torchao' ? torchaoExpectation(quantization, findings) : undefined;
    return { tensors: described, order: named.map(({ name }) => name), ...(expects === undefined ? {} : { expects }) };
  },
};

const BOTH: readonly Consumer[] = ['torchao', 'transformers'];

const ROOT_TENSOR = {
  id: 'root-tensor',
  severity: 'error',
  what: `it has no dot in its name, and torchao's loader splits every name of "${TENSOR_NAMES_KEY}" at one`,
  stops: BOTH,
} as const;

const OWN_CLASS = {
  id: 'class-not-torchaos',
  severity: 'warning',
  what: 'its class is none of the eight that torchao loads; only programs that know it can',
  stops: BOTH,
} as const;

const IDS: Readonly<Record<LogicalTensorProblem['kind'], string>> = {
  metadata: 'metadata-broken',
  'not-stored': 'missing-tensor',
  'unknown-class': 'unknown-class',
  'no-dot': 'root-tensor',
  'missing-component': 'missing-component',
  'prefix-collision': 'prefix-collision',
};

const WHAT: Readonly<Partial<Record<LogicalTensorProblem['kind'], string>>> = {
  'not-stored': 'the metadata describes it, and it is not stored',
  'no-dot': "it has no dot in its name, and torchao's loader splits every name at one",
};

function reportProblem({ kind, name, message }: LogicalTensorProblem, findings: FindingGroups): void {
  const what = WHAT[kind] ?? message;
  findings.add({ id: IDS[kind], severity: 'error', what, stops: BOTH }, name ?? TENSOR_NAMES_KEY);
}

function describeTensor(
  tensor: LogicalTensor,
  tensorClasses: ReadonlyMap<string, TensorClass>,
  findings: FindingGroups | null,
): DescribedTensor {
  const { name, quantized, components } = tensor;
  const own = describeTorchaoClass(tensor);
  const tensorClass = tensorClasses.get(quantized?.tensorClass ?? '');
  const read = tensorClass === undefined || quantized === null ? null : open(tensorClass, tensor);
  const shape = own.shape ?? read?.shape ?? null;
  const problem = read?.problem ?? (tensorClass === undefined ? own.problem : null);
  if (problem !== null && findings !== null) {
    findings.add({ id: 'shapes-disagree', severity: 'error', what: problem, stops: BOTH }, name);
  }
  const isOwnClass = !TORCHAO_CLASSES.has(quantized?.tensorClass ?? '');
  return {
    name,
    dtype: own.dtype ?? read?.dtype ?? null,
    shape: isOwnClass ? (read?.shape ?? shape) : shape,
    elements: shape === null ? null : elementCount(isOwnClass ? (read?.shape ?? shape) : shape),
    scheme: isOwnClass ? scheme({ ...own.scheme, element: quantized?.tensorClass ?? 'unknown' }) : own.scheme,
    components,
  };
}

interface Read {
  readonly shape: readonly number[] | null;
  readonly dtype: DescribedTensor['dtype'];
  readonly problem: string | null;
}

function open(tensorClass: TensorClass, { name, quantized, components }: LogicalTensor): Read {
  try {
    const { shape, dtype } = tensorClass.open({ name, attributes: quantized?.attributes ?? {}, components });
    return { shape, dtype: isDtype(dtype) ? dtype : null, problem: null };
  } catch (error) {
    if (!FewbitError.isInstance(error)) throw error;
    // What fewbit cannot read says nothing about torchao.
    const { message, allowed } = error.details;
    const problem =
      error.code === 'FEWBIT_CHECKPOINT_INVALID'
        ? `${message}${allowed === undefined ? '' : `; expected ${allowed}`}`
        : null;
    return { shape: null, dtype: null, problem };
  }
}
