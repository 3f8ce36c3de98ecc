import type { Checkpoint, CheckpointAdapter, PlannedOutput, Layout, OutputTensor } from '../contracts/checkpoint.ts';
import type { Dtype } from '../dtype.ts';
import { FewbitError } from '../errors.ts';
import { byteLength, type TensorInfo } from '../tensor.ts';
import type { LogicalTensor } from '../checkpoint/logical-tensor.ts';
import { check, checkSameBytes, type ConformanceCase } from './conformance-case.ts';

/** An adapter with its own way to read back what it laid out. */
export interface AdapterUnderTest {
  readonly adapter: CheckpointAdapter;
  /** Opens a checkpoint of the given files. */
  readonly open: (files: ReadonlyMap<string, Uint8Array>) => Promise<Checkpoint>;
  /** The tensors of an opened checkpoint, quantized ones put together again. */
  readonly list: (checkpoint: Checkpoint) => readonly LogicalTensor[];
}

const NO_LIMIT = { maxShardBytes: Number.MAX_SAFE_INTEGER };

/** The suite that every checkpoint adapter passes: a layout is consistent, and what is written by it reads back the same. */
export function adapterConformance(under: AdapterUnderTest): readonly ConformanceCase[] {
  const roundTrip = (tensors: readonly OutputTensor[], maxShardBytes: number) => () =>
    checkRoundTrip(under, tensors, maxShardBytes);
  return [
    {
      name: 'plain tensors read back with their names, dtypes, shapes and bytes',
      run: roundTrip(PLAIN, NO_LIMIT.maxShardBytes),
    },
    {
      name: 'quantized tensors read back with class, attributes and components',
      run: roundTrip(MIXED, NO_LIMIT.maxShardBytes),
    },
    { name: 'plain shards read back', run: roundTrip(PLAIN, 40) },
    { name: 'quantized shards read back', run: roundTrip(MIXED, 200) },
    { name: 'a tensor larger than a shard may be is written all the same', run: roundTrip(MIXED, 1) },
    { name: 'no tensors at all make a checkpoint', run: roundTrip([], NO_LIMIT.maxShardBytes) },
    { name: 'empty tensors and scalars read back', run: roundTrip(DEGENERATE, NO_LIMIT.maxShardBytes) },
    {
      name: 'names from outside are names and nothing else',
      run: roundTrip(
        HOSTILE_NAMES.map((name) => plain(name, 'U8', [3])),
        7,
      ),
    },
    {
      name: 'the parts of one tensor stay in one file',
      run: () => {
        const { outputsOf } = under.adapter.layout(MIXED, { maxShardBytes: 200 });
        for (const index of MIXED.keys())
          check(new Set(outputsOf(index).map(({ file }) => file)).size <= 1, () => 'a tensor is split over files');
        return Promise.resolve();
      },
    },
    {
      name: 'the same tensors give the same bytes',
      run: () => {
        const [first, second] = [0, 1].map(() => under.adapter.layout(MIXED, { maxShardBytes: 200 }));
        first?.files.forEach(({ name, head }, index) => {
          checkSameBytes(head, second?.files[index]?.head ?? new Uint8Array(0), name);
        });
        return Promise.resolve();
      },
    },
    {
      name: 'two tensors of one name are refused',
      run: () => {
        const twice = [plain('m.weight', 'F32', [1]), plain('m.weight', 'F32', [2])];
        let code: unknown = 'nothing';
        try {
          under.adapter.layout(twice, NO_LIMIT);
        } catch (error) {
          code = FewbitError.isInstance(error) ? error.code : error;
        }
        check(code === 'FEWBIT_OUTPUT_REFUSED', () => `expected an OutputRefusedError, got ${String(code)}`);
        return Promise.resolve();
      },
    },
  ];
}

async function checkRoundTrip(
  under: AdapterUnderTest,
  tensors: readonly OutputTensor[],
  maxShardBytes: number,
): Promise<void> {
  const layout = under.adapter.layout(tensors, { maxShardBytes });
  const contents = tensors.map((tensor, index) =>
    componentsOf(tensor).map((component, part) => patterned(component, index * 7 + part)),
  );
  const checkpoint = await under.open(fill(layout, contents));
  try {
    const listed: Map<string, LogicalTensor> = new Map(under.list(checkpoint).map((tensor) => [tensor.name, tensor]));
    check(listed.size === tensors.length, () => `${listed.size} tensors came back instead of ${tensors.length}`);
    for (const [index, tensor] of tensors.entries()) {
      const { name } = tensor.parameter;
      const back = listed.get(name);
      check(back !== undefined, () => `"${name}" did not come back`);
      check(
        JSON.stringify(back.quantized) === JSON.stringify(classOf(tensor)),
        () => `class or attributes of "${name}" changed`,
      );
      await checkComponents(checkpoint, { back, tensor, contents: contents[index] ?? [] });
    }
  } finally {
    await checkpoint.close();
  }
}

interface Compared {
  readonly back: LogicalTensor;
  readonly tensor: OutputTensor;
  readonly contents: readonly Uint8Array[];
}

async function checkComponents(checkpoint: Checkpoint, { back, tensor, contents }: Compared): Promise<void> {
  const components = componentsOf(tensor);
  check(
    back.components.size === components.length,
    () => `"${tensor.parameter.name}" has ${back.components.size} components`,
  );
  for (const [part, { name, dtype, shape }] of components.entries()) {
    const what = `"${tensor.parameter.name}", component "${name}"`;
    const stored = back.components.get(name);
    check(stored !== undefined, () => `${what} did not come back`);
    check(
      stored.dtype === dtype && stored.shape.join() === shape.join(),
      () => `${what} is ${stored.dtype} [${stored.shape.join()}]`,
    );
    const source = checkpoint.shards[stored.shard]?.source;
    check(source !== undefined, () => `${what} is in shard ${stored.shard}, which does not exist`);
    checkSameBytes(await source.read(stored.begin, stored.end), contents[part] ?? new Uint8Array(0), what);
  }
}

/** The files of a layout with the given contents; fails where places overlap, leave holes or leave the file. */
function fill(layout: Layout, contents: readonly (readonly Uint8Array[])[]): ReadonlyMap<string, Uint8Array> {
  const files = layout.files.map(({ name, byteLength: length, head }) => {
    const bytes = new Uint8Array(length);
    bytes.set(head);
    return { name, bytes, written: new Uint8Array(length).fill(1, 0, head.byteLength) };
  });
  contents.forEach((own, tensor) => {
    layout.outputsOf(tensor).forEach((place: PlannedOutput, part) => {
      const file = files[place.file];
      const content = own[part] ?? new Uint8Array(0);
      check(
        file !== undefined && place.byteLength === content.byteLength,
        () => `"${place.name}" has no file, or another length than planned`,
      );
      check(place.begin + content.byteLength <= file.bytes.byteLength, () => `"${place.name}" leaves its file`);
      const before = file.written.subarray(place.begin, place.begin + content.byteLength);
      check(
        before.every((count) => count === 0),
        () => `"${place.name}" overlaps something`,
      );
      before.fill(1);
      file.bytes.set(content, place.begin);
    });
  });
  for (const { name, written } of files)
    check(
      written.every((count) => count === 1),
      () => `${name} has bytes that nothing fills`,
    );
  return new Map(files.map(({ name, bytes }) => [name, bytes]));
}

function plain(name: string, dtype: Dtype, shape: readonly number[]): OutputTensor {
  return { parameter: { name, dtype, shape }, quantizer: null };
}

function componentsOf({ parameter, quantizer }: OutputTensor): readonly TensorInfo[] {
  return quantizer === null ? [{ ...parameter, name: '' }] : quantizer.components;
}

function classOf({ quantizer }: OutputTensor): LogicalTensor['quantized'] {
  return quantizer && { tensorClass: quantizer.tensorClass, attributes: quantizer.attributes };
}

function quantized(name: string): OutputTensor {
  return {
    parameter: { name, dtype: 'BF16', shape: [4, 16] },
    quantizer: {
      tensorClass: 'Int8Tensor',
      attributes: {
        act_quant_kwargs: null,
        reduce_range: false,
        block_size: [1, 16],
        dtype: { _type: 'torch.dtype', _data: 'bfloat16' },
      },
      components: [
        { name: 'zero_point', dtype: 'I8', shape: [4, 1] },
        { name: 'qdata', dtype: 'I8', shape: [4, 16] },
        { name: 'scale', dtype: 'F32', shape: [4, 1] },
      ],
    },
  };
}

const PLAIN: readonly OutputTensor[] = [
  plain('z.weight', 'BF16', [2, 3]),
  plain('a.weight', 'F32', [5]),
  plain('a.bias', 'I64', [2]),
  plain('m.mask', 'BOOL', [7]),
  plain('m.packed', 'F4', [2, 4]),
];

const MIXED: readonly OutputTensor[] = [
  quantized('m.0.weight'),
  plain('m.0.bias', 'BF16', [4]),
  quantized('m.10.weight'),
  quantized('m.2.weight'),
  plain('norm.weight', 'F32', [4]),
];

const DEGENERATE: readonly OutputTensor[] = [
  plain('a.empty', 'F32', [0, 4]),
  plain('b.scalar', 'F64', []),
  plain('c.empty', 'F64', [0]),
];

const HOSTILE_NAMES: readonly string[] = [
  'a.__proto__',
  'constructor.prototype',
  'a."quoted"',
  'a.\\',
  'a.\n',
  'ü.weight',
  '\u{1F600}.weight',
  '\uE000.weight',
  ' .',
  '..',
  'a/../../b.c',
];

function patterned(tensor: TensorInfo, seed: number): Uint8Array {
  return new Uint8Array(byteLength(tensor)).map((_, index) => (index * 31 + seed * 17 + 1) & 0xff);
}
