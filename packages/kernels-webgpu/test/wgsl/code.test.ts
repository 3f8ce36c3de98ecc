import { describe, expect, test } from 'vitest';
import { activationCode, LINEAR_KERNELS, linearCode, STAGES } from '../../src/linear/kernels.ts';
import { PARAMS, PARAMS_BYTES } from '../../src/wgsl/interface.ts';
import { NO_FEATURES } from '../../src/wgsl/features.ts';
import { WEIGHT_CODE } from '../../src/wgsl/weights.ts';

const ALL = { packedDot: true, subgroups: true, quads: true, octets: false, f16: false };
/** Of wide subgroups, where prefill is in tiles. */
const HALF = { ...ALL, quads: false, f16: true };

const HALF_SLOTS = [
  ['decode 1', 'floats half'],
  ['decode 1', 'floats int4'],
  ['prefill', 'floats half'],
  ['prefill', 'floats int4'],
  ['prefill', 'floats int8-any'],
  ['prefill', 'codes int4'],
] as const;

describe('the WGSL that a device is given', () => {
  test.each(STAGES.flatMap((stage) => LINEAR_KERNELS.map((kernel) => [stage, kernel] as const)))(
    'of %s, %s changes only where someone means it to',
    async (stage, kernel) => {
      const name = `${stage}-${kernel}`.replaceAll(' ', '-');
      await expect(linearCode(stage, kernel, ALL)).toMatchFileSnapshot(`snapshots/${name}.wgsl`);
    },
  );

  test.each(['extremes', 'quantize to codes', 'quantize to floats'] as const)(
    'of %s changes only where someone means it to',
    async (slot) => {
      await expect(activationCode(slot)).toMatchFileSnapshot(`snapshots/${slot.replaceAll(' ', '-')}.wgsl`);
    },
  );

  test.each(Object.entries(WEIGHT_CODE))('of %s changes only where someone means it to', async (slot, code) => {
    await expect(code).toMatchFileSnapshot(`snapshots/${slot.replaceAll(' ', '-')}.wgsl`);
  });

  test.each(HALF_SLOTS)('of %s, %s in f16 changes only where someone means it to', async (stage, kernel) => {
    const name = `${stage}-${kernel}-f16`.replaceAll(' ', '-');
    await expect(linearCode(stage, kernel, HALF)).toMatchFileSnapshot(`snapshots/${name}.wgsl`);
  });

  test('of prefill, floats int4 in f16 for an adapter whose subgroups are narrow is a snapshot too', async () => {
    const code = linearCode('prefill', 'floats int4', { ...HALF, quads: true });
    await expect(code).toMatchFileSnapshot('snapshots/prefill-floats-int4-f16-quads.wgsl');
  });

  test('has f16 in a form that every compiler takes: naga reads bitcast<vec2<f16>> as a scalar', () => {
    for (const stage of STAGES) {
      for (const kernel of LINEAR_KERNELS) expect(linearCode(stage, kernel, HALF)).not.toMatch(/bitcast<vec\d<f16>>/);
    }
  });

  test('of the exact kernel has no f16, which would round as the reference does not', () => {
    for (const stage of STAGES) {
      expect(linearCode(stage, 'codes exact', { ...ALL, f16: true })).toBe(linearCode(stage, 'codes exact', ALL));
    }
  });

  test.each(STAGES)('of %s, codes int4 for an adapter that has nothing is a snapshot too', async (stage) => {
    const code = linearCode(stage, 'codes int4', NO_FEATURES);
    await expect(code).toMatchFileSnapshot(`snapshots/${stage.replaceAll(' ', '-')}-codes-int4-plain.wgsl`);
  });

  test.each([
    ['octets', { ...ALL, octets: true }],
    ['wide', { ...ALL, quads: false }],
  ] as const)(
    'of prefill, codes int8 for an adapter whose subgroups are of other sizes is a snapshot too: %s',
    async (name, features) => {
      const code = linearCode('prefill', 'codes int8', features);
      await expect(code).toMatchFileSnapshot(`snapshots/prefill-codes-int8-${name}.wgsl`);
    },
  );

  test.each(STAGES.flatMap((stage) => LINEAR_KERNELS.map((kernel) => [stage, kernel] as const)))(
    'of %s, %s asks an adapter that has nothing for nothing',
    (stage, kernel) => {
      const code = linearCode(stage, kernel, NO_FEATURES);
      const words = ['enable ', 'builtin(subgroup', 'subgroupAdd', 'quadBroadcast', 'subgroupBroadcast', 'f16>'];
      for (const word of [...words, 'dot4I8Packed', 'unpack4x', 'unpack2x']) expect(code).not.toContain(word);
    },
  );

  test.each(STAGES.flatMap((stage) => LINEAR_KERNELS.map((kernel) => [stage, kernel] as const)))(
    'of %s, %s stays below what every device allows: 8 storage buffers, 16 KiB for a workgroup, 256 lanes',
    (stage, kernel) => {
      for (const features of [ALL, HALF]) {
        const code = linearCode(stage, kernel, features);
        expect([...code.matchAll(/var<storage/g)].length).toBeLessThanOrEqual(8);
        const bytes = [...code.matchAll(/var<workgroup> \w+: array<(vec4<)?[fiu](\d+)>?, (\d+)>/g)].reduce(
          (sum, [, vector, bits, count]) => sum + (Number(count) * Number(bits) * (vector === undefined ? 1 : 4)) / 8,
          0,
        );
        if (stage !== 'prefill') expect(bytes).toBeGreaterThan(0);
        expect(bytes).toBeLessThanOrEqual(16384);
        expect(Number(/@workgroup_size\((\d+)\)/.exec(code)?.[1])).toBeLessThanOrEqual(256);
      }
    },
  );

  test('has params of whole 16 bytes, as uniforms must be', () => {
    expect(PARAMS_BYTES % 16).toBe(0);
    expect(PARAMS_BYTES).toBeGreaterThanOrEqual(PARAMS.length * 4);
  });
});
