import {
  createReferenceBackend,
  createRegistry,
  elementCount,
  fromFloat32,
  toFloat32,
  type LinearWeight,
} from '@fewbit/core';
import { dequantizeInMemory, quantizeInMemory, randomWeights, seededRandom } from '@fewbit/core/testing';
import { assert, describe, expect, test } from 'vitest';
import { builtinConfigs } from '../../src/index.ts';
import { CONFIG_EXAMPLES } from '../helpers/examples.ts';
import { weightOf } from '../helpers/golden.ts';

const backend = createReferenceBackend();
const registry = createRegistry({ configs: builtinConfigs });

/** The values that a backend computes with: the layer run on the rows of the identity, which gives Wᵀ. */
async function valuesOf(weight: LinearWeight): Promise<Float32Array> {
  const { inFeatures: columns, outFeatures: rows } = weight;
  const layer = await backend.inference?.loadLinear({ weight, bias: null, activations: null, dtype: 'F32' });
  const identity = new Float32Array(columns * columns).map((_, at) => Number(at % (columns + 1) === 0));
  const y = (await layer?.forward(identity)) ?? new Float32Array(0);
  return Float32Array.from(
    { length: rows * columns },
    (_, at) => y[(at % columns) * rows + Math.floor(at / columns)] ?? NaN,
  );
}

for (const { configType, examples } of CONFIG_EXAMPLES) {
  describe(`${configType.type} runs with other weights than it dequantizes to:`, () => {
    const cases = examples.flatMap(({ name, fields, weights }) =>
      weights.map((weight) => ({ title: `${name}, ${weight.dtype} [${weight.shape.join(', ')}]`, fields, weight })),
    );
    test.each(cases)('$title', async ({ fields, weight: info }) => {
      const [version] = configType.versions.slice(-1);
      const config = configType.parse(fields, { version: version ?? 1, where: 'config' });
      const quantizer = config.quantizer(weightOf(info));
      const bytes = randomWeights(seededRandom(7), elementCount(info.shape), info.dtype, 'noise');
      const written = await quantizeInMemory(quantizer, { ...info, bytes }, backend.quantizing);
      const components = new Map(quantizer.components.map((component) => [component.name, component]));
      const stored = new Map(quantizer.components.map(({ name }, at) => [name, written[at] ?? new Uint8Array(0)]));
      const tensorClass = registry.tensorClasses.get(quantizer.tensorClass);
      const opened = tensorClass?.open({ name: 'm.weight', attributes: quantizer.attributes, components });
      assert(opened !== undefined);
      if (info.shape.length !== 2) {
        expect(opened.linear).toBeNull();
        return;
      }
      assert(opened.linear, 'a weight of rank 2 runs');
      const dequantized = toFloat32(await dequantizeInMemory(opened, stored, backend.quantizing), opened.dtype);
      const rounded = toFloat32(fromFloat32(await valuesOf(opened.linear.weight(stored)), opened.dtype), opened.dtype);
      // A sum has no negative zero to give.
      expect(rounded).toEqual(dequantized.map((value) => value + 0));
      expect(new Set(rounded).size).toBeGreaterThan(4);
    });
  });
}
