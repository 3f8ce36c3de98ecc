import { describe, expect, test } from 'vitest';
import { activationCode, LINEAR_KERNELS, linearCode, STAGES } from '../../src/linear/kernels.ts';
import { PARAMS, PARAMS_BYTES } from '../../src/wgsl/interface.ts';
import { NO_FEATURES } from '../../src/wgsl/features.ts';

const ALL = { packedDot: true, subgroups: true, quads: true, octets: false };

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
      for (const word of [
        'enable ',
        'builtin(subgroup',
        'subgroupAdd',
        'quadBroadcast',
        'subgroupBroadcast',
        'dot4I8Packed',
        'unpack4x',
      ])
        expect(code).not.toContain(word);
    },
  );

  test.each(STAGES.flatMap((stage) => LINEAR_KERNELS.map((kernel) => [stage, kernel] as const)))(
    'of %s, %s stays below what every device allows: 8 storage buffers, 16 KiB for a workgroup, 256 lanes',
    (stage, kernel) => {
      const code = linearCode(stage, kernel, ALL);
      expect([...code.matchAll(/var<storage/g)].length).toBeLessThanOrEqual(8);
      const bytes = [...code.matchAll(/var<workgroup> \w+: array<(vec4<)?(?:f32|i32|u32)>?, (\d+)>/g)].reduce(
        (sum, [, vector, count]) => sum + Number(count) * (vector === undefined ? 4 : 16),
        0,
      );
      if (stage !== 'prefill') expect(bytes).toBeGreaterThan(0);
      expect(bytes).toBeLessThanOrEqual(16384);
      expect(Number(/@workgroup_size\((\d+)\)/.exec(code)?.[1])).toBeLessThanOrEqual(256);
    },
  );

  test('has params of whole 16 bytes, as uniforms must be', () => {
    expect(PARAMS_BYTES % 16).toBe(0);
    expect(PARAMS_BYTES).toBeGreaterThanOrEqual(PARAMS.length * 4);
  });
});
