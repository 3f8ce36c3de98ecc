import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fewbit, json, recipeFile, scratch, tinyLlama } from './helpers.ts';

const group = (size: number) => ({ _type: 'PerGroup', _data: { group_size: size } });
const HQQ = { weight_dtype: 'int4', granularity: group(32), intx_choose_qparams_algorithm: 'HQQ_SCALE_ONLY' };

/** Every operation: rows, one scale for a tensor (measured first), groups with and without zero points, HQQ, int4. */
const RECIPE = {
  're:.*q_proj': { type: 'Int8WeightOnlyConfig' },
  're:.*k_proj': { type: 'Int8WeightOnlyConfig', granularity: 'PerTensor' },
  're:.*v_proj': { type: 'IntxWeightOnlyConfig', weight_dtype: 'int4', granularity: group(32) },
  're:.*o_proj': {
    type: 'IntxWeightOnlyConfig',
    weight_dtype: 'int3',
    granularity: group(64),
    mapping_type: 'ASYMMETRIC',
  },
  're:.*up_proj': { type: 'IntxWeightOnlyConfig', ...HQQ },
  're:.*down_proj': { type: 'Int4WeightOnlyConfig', group_size: 32 },
  're:.*gate_proj': { type: 'Int8DynamicActivationInt8WeightConfig' },
};

function files(directory: string): Map<string, Buffer> {
  return new Map(readdirSync(directory).map((name) => [name, readFileSync(join(directory, name))]));
}

describe('--backend', () => {
  it('gives the same files by wasm, by the reference and when nothing is asked for, and says which it was', async () => {
    const directory = scratch();
    const recipe = recipeFile(directory, RECIPE);
    const quantized = async (name: string, ...backend: string[]) => {
      const out = join(directory, name);
      const finished = await fewbit('quantize', tinyLlama, '--recipe', recipe, '--out', out, '--json', ...backend);
      expect(finished.err).toBe('');
      return { files: files(out), by: (json(finished) as { backend: string }).backend };
    };
    const reference = await quantized('reference', '--backend', 'reference');
    expect(reference.by).toBe('reference');
    for (const arguments_ of [[], ['--backend', 'wasm']]) {
      const other = await quantized(`other-${arguments_.length}`, ...arguments_);
      expect(other.by).toMatch(/^wasm-(?:plain|relaxed)$/);
      expect([...other.files.keys()]).toEqual([...reference.files.keys()]);
      for (const [name, bytes] of reference.files) expect(other.files.get(name)?.equals(bytes), name).toBe(true);
    }
    const measured = async (backend: string) => {
      const out = join(directory, 'reference');
      return json(await fewbit('verify', out, '--original', tinyLlama, '--backend', backend, '--json')) as object;
    };
    expect({ ...(await measured('wasm')), backend: '' }).toEqual({ ...(await measured('reference')), backend: '' });
  });
});
