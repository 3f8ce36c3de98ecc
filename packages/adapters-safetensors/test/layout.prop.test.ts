import fc from 'fast-check';
import {
  DTYPE_BITS,
  elementCount,
  OutputRefusedError,
  type Dtype,
  type JsonObject,
  type Layout,
  type OutputTensor,
} from '@fewbit/core';
import { expect, test } from 'vitest';
import { listLogicalTensors, openFolder, safetensorsAdapter, TORCHAO_CLASSES } from '@fewbit/adapters-safetensors';

import { filesOf } from './helpers/layout.ts';
import { memoryFiles } from './helpers/memory-files.ts';

const seed = 20_260_802;

const dtype: fc.Arbitrary<Dtype> = fc.constantFrom(...(Object.keys(DTYPE_BITS) as Dtype[]));
const info = (name: fc.Arbitrary<string>): fc.Arbitrary<{ name: string; dtype: Dtype; shape: number[] }> =>
  fc
    .record({ name, dtype, shape: fc.array(fc.nat(5), { maxLength: 3 }) })
    .filter((tensor) => Number.isInteger((elementCount(tensor.shape) * DTYPE_BITS[tensor.dtype]) / 8));

// Few characters and underscores on purpose: collisions and unusual orders must come up.
const segment = fc.oneof(
  { weight: 4, arbitrary: fc.stringMatching(/^[ab_]{1,4}$/) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('__proto__', 'constructor', 'é', '\u{1F600}', '\uE000', '"', '\\', '\n', ' '),
  },
);
const name = fc.array(segment, { minLength: 1, maxLength: 3 }).map((segments) => segments.join('.'));
const attributes = fc.dictionary(
  fc.stringMatching(/^[a-z_]{1,8}$/),
  fc.jsonValue({ maxDepth: 2 }),
) as fc.Arbitrary<JsonObject>;

const tensor: fc.Arbitrary<OutputTensor> = fc.oneof(
  fc.record({ parameter: info(name), quantizer: fc.constant(null) }),
  fc.record({
    parameter: info(name),
    quantizer: fc.record({
      tensorClass: fc.constantFrom(...TORCHAO_CLASSES),
      attributes,
      components: fc.uniqueArray(info(fc.constantFrom('qdata', 'scale', 'zero_point', 'b', 'b_scale')), {
        minLength: 1,
        selector: (component) => component.name,
      }),
    }),
  }),
);
const tensors = fc.uniqueArray(tensor, { maxLength: 12, selector: ({ parameter }) => parameter.name });
const maxShardBytes = fc.oneof(fc.constant(1e9), fc.integer({ min: 1, max: 400 }));

function tryLayout(list: readonly OutputTensor[], limit: number): Layout | null {
  try {
    return safetensorsAdapter.layout(list, { maxShardBytes: limit });
  } catch (error) {
    expect(error).toBeInstanceOf(OutputRefusedError);
    return null;
  }
}

test('whatever is laid out reads back as it was, in one file or many', async () => {
  let accepted = 0;
  await fc.assert(
    fc.asyncProperty(tensors, maxShardBytes, async (list, limit) => {
      const layout = tryLayout(list, limit);
      if (layout === null) return;
      accepted += 1;
      const checkpoint = await openFolder(memoryFiles(filesOf(layout)));
      const { tensors: back, leftovers } = listLogicalTensors(checkpoint);
      expect(leftovers).toEqual([]);
      const byName = new Map(back.map((logical) => [logical.name, logical]));
      expect(byName.size).toBe(list.length);
      list.forEach((original, index) => {
        const logical = byName.get(original.parameter.name);
        const { quantizer } = original;
        const { tensorClass, attributes: expected } = quantizer ?? {};
        expect(logical?.quantized).toEqual(quantizer === null ? null : { tensorClass, attributes: expected });
        (quantizer?.components ?? [{ ...original.parameter, name: '' }]).forEach((component, part) => {
          const place = layout.outputsOf(index)[part];
          expect(logical?.components.get(component.name)).toEqual({
            name: place?.name,
            dtype: component.dtype,
            shape: component.shape,
            shard: checkpoint.shards.findIndex((shard) => shard.name === layout.files[place?.file ?? -1]?.name),
            begin: place?.begin,
            end: (place?.begin ?? 0) + (place?.byteLength ?? 0),
          });
        });
      });
    }),
    { seed, numRuns: 1000 },
  );
  expect(accepted).toBeGreaterThan(200);
});

/** What torchao's unflatten_tensor_state_dict does, loop by loop, to names alone: the names that it gives back. */
function unflattenedNames(stored: readonly string[], metadata: ReadonlyMap<string, string>): Set<string> {
  const result: Set<string> = new Set();
  const keys = new Set([...stored, ...metadata.keys()]);
  for (const own of JSON.parse(metadata.get('tensor_names') ?? '') as string[]) {
    const dot = own.lastIndexOf('.');
    if (dot < 0) throw new Error('no dot');
    const prefix = `${own.slice(0, dot)}._${own.slice(dot + 1)}_`;
    const description = JSON.parse(metadata.get(own) ?? '') as { _type: string; _tensor_data_names?: string[] };
    if (description._type === 'Tensor') {
      if (stored.includes(own)) result.add(own);
    } else if ([...keys].filter((key) => key.startsWith(prefix)).length === description._tensor_data_names?.length)
      result.add(own);
  }
  return result;
}

test('torchao’s loader gets every tensor back, file by file and from all files at once; what it would lose is refused', () => {
  fc.assert(
    fc.property(tensors, maxShardBytes, (list, limit) => {
      fc.pre(list.some(({ quantizer }) => quantizer !== null));
      const layout = tryLayout(list, limit);
      const everything: Set<string> = new Set(list.map(({ parameter }) => parameter.name));
      if (layout === null) {
        // Refused for a reason: written all the same, at least one tensor would be lost, or the file could not be made.
        const stored = list.flatMap((own) => storedNames(own));
        const metadata = new Map(
          list.map(({ parameter, quantizer }) => [
            parameter.name,
            JSON.stringify({
              _type: quantizer?.tensorClass ?? 'Tensor',
              _tensor_data_names: quantizer?.components.map((component) => component.name) ?? [],
            }),
          ]),
        );
        metadata.set('tensor_names', JSON.stringify([...everything]));
        const lost =
          list.some(({ parameter }) => !parameter.name.includes('.')) ||
          unflattenedNames(stored, metadata).size < everything.size;
        expect(lost).toBe(true);
        return;
      }
      const found: Set<string> = new Set();
      const merged: Map<string, string> = new Map();
      const allStored: string[] = [];
      for (const { name: file, head } of layout.files) {
        if (!file.endsWith('.safetensors')) continue;
        const { __metadata__: metadata, ...entries } = JSON.parse(new TextDecoder().decode(head.subarray(8))) as Record<
          string,
          Record<string, string>
        >;
        for (const [key, value] of Object.entries(metadata ?? {})) merged.set(key, value);
        const stored = Object.keys(entries);
        allStored.push(...stored);
        for (const own of unflattenedNames(stored, new Map(Object.entries(metadata ?? {})))) found.add(own);
      }
      expect(found).toEqual(everything);
      expect(unflattenedNames(allStored, merged)).toEqual(everything);
    }),
    { seed, numRuns: 2000 },
  );
});

function storedNames({ parameter: { name: own }, quantizer }: OutputTensor): string[] {
  if (quantizer === null) return [own];
  const dot = own.lastIndexOf('.');
  return quantizer.components.map(
    (component) => `${own.slice(0, Math.max(dot, 0))}._${own.slice(dot + 1)}_${component.name}`,
  );
}
