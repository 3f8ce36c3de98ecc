import { describe, expect, it, test } from 'vitest';
import { deriveParameters, type Dtype, type ModuleKind } from '../../src/index.ts';
import { KNOWN_LIMITS, limitFor, type KnownLimit } from './known-limits.ts';
import { asStored, FIXTURES, fixtureOf, type KnownTensor, type ModuleFixture } from './module-fixtures.ts';

const tensor = (
  name: string,
  shape: readonly number[],
  dtype: Dtype = 'BF16',
): { name: string; shape: readonly number[]; dtype: Dtype } => ({ name, shape, dtype });

function kindsOf(
  entries: readonly [string, readonly number[], Dtype?][],
  modelType: string | null = null,
): ModuleKind[] {
  return deriveParameters(
    entries.map(([name, shape, dtype]) => tensor(name, shape, dtype)),
    { modelType },
  ).map(({ kind }) => kind);
}

/** Tensors whose kind is not what transformers' class says, and that no known limit covers. */
function surprises(fixture: ModuleFixture, tensors: readonly KnownTensor[], hasModelType: boolean): string[] {
  const derived = deriveParameters(asStored(tensors), { modelType: hasModelType ? fixture.modelType : null });
  return tensors.flatMap((known, index) => {
    const kind = derived[index]?.kind ?? 'other';
    if (kind === known.kind || limitFor(fixture.modelType, known, kind, hasModelType) !== undefined) return [];
    return [`${known.name}: ${kind}, but its module is a ${known.moduleClass} (${known.kind})`];
  });
}

describe('deriveParameters, against the module classes of transformers', () => {
  it('is compared with the families that people quantize', () => {
    const families = FIXTURES.map(({ modelType }) => modelType);
    expect(families).toEqual(
      expect.arrayContaining(
        'llama qwen3 qwen3_moe gemma3 mixtral deepseek_v3 gpt_oss gpt2 opt bert t5 clip whisper vit'.split(' '),
      ),
    );
    expect(families.length).toBeGreaterThanOrEqual(100);
  });

  test.each(FIXTURES.map((fixture) => [fixture.modelType, fixture] as const))(
    '%s: a recipe for linears reaches its linears and nothing else',
    (_, fixture) => {
      expect(surprises(fixture, fixture.tensors, true)).toEqual([]);
      expect(surprises(fixture, fixture.inMemory, true)).toEqual([]);
    },
  );

  test.each(FIXTURES.map((fixture) => [fixture.modelType, fixture] as const))(
    '%s without config.json: only known limits differ',
    (_, fixture) => {
      expect(surprises(fixture, fixture.tensors, false)).toEqual([]);
      expect(surprises(fixture, fixture.inMemory, false)).toEqual([]);
    },
  );

  test.each(KNOWN_LIMITS.map((limit) => [limit.why, limit] as const))('a limit is still one: %s', (_, limit) => {
    expect(familiesWith(limit)).toEqual([...limit.families]);
  });
});

function familiesWith(limit: KnownLimit): string[] {
  return limit.families.filter((family) => {
    const { tensors, inMemory } = fixtureOf(family);
    return [tensors, inMemory].some((all) => {
      const derived = deriveParameters(asStored(all));
      return all.some((known, index) => {
        const kind = derived[index]?.kind;
        return kind === limit.derived && limitFor(family, known, kind, false) === limit;
      });
    });
  });
}

describe('deriveParameters, names', () => {
  it('splits at the last dot, so a recipe key of the module or of the parameter finds it', () => {
    const [inner, root] = deriveParameters([tensor('model.norm.weight', [8]), tensor('scale', [])]);
    expect([inner?.module, inner?.parameter]).toEqual(['model.norm', 'weight']);
    expect([root?.module, root?.parameter]).toEqual(['', 'scale']);
  });

  it('keeps what the tensor had, so that its bytes are still found', () => {
    const stored = { ...tensor('a.weight', [2, 2]), shard: 3, begin: 8, end: 16 };
    expect(deriveParameters([stored])).toEqual([{ ...stored, module: 'a', parameter: 'weight', kind: 'linear' }]);
  });

  it.each(['', '.', '..', 'a.', '.a', 'a..weight', '__proto__', '__proto__.weight', 'constructor.bias', 'weight', '*'])(
    'takes the hostile name "%s"',
    (name) => {
      const [parameter] = deriveParameters([tensor(name, [2, 2])], { modelType: '__proto__' });
      expect(parameter).toMatchObject({ name });
      expect(['linear', 'other']).toContain(parameter?.kind);
    },
  );
});

describe('deriveParameters, transposed linears', () => {
  it('finds them without config.json, square ones too, by the length of a bias', () => {
    expect(
      kindsOf([
        ['h.0.attn.c_attn.weight', [8, 24]],
        ['h.0.attn.c_attn.bias', [24]],
        ['h.0.attn.c_proj.weight', [8, 8]],
        ['h.0.attn.c_proj.bias', [8]],
        ['h.0.mlp.c_proj.weight', [32, 8]],
        ['h.0.mlp.c_proj.bias', [8]],
      ]),
    ).toEqual(['conv1d', 'conv1d', 'conv1d', 'conv1d', 'conv1d', 'conv1d']);
  });

  it('does not take the linears of GPT-BigCode, which have the same names, for transposed ones', () => {
    expect(
      kindsOf([
        ['h.0.attn.c_attn.weight', [24, 8]],
        ['h.0.attn.c_attn.bias', [24]],
        ['h.0.attn.c_proj.weight', [8, 8]],
        ['h.0.attn.c_proj.bias', [8]],
        ['h.0.mlp.c_proj.weight', [8, 32]],
        ['h.0.mlp.c_proj.bias', [8]],
      ]),
    ).toEqual(['linear', 'linear', 'linear', 'linear', 'linear', 'linear']);
  });

  it("leaves a square weight linear when its name is a linear's elsewhere in the same checkpoint", () => {
    expect(
      kindsOf([
        ['decoder.mlp.c_proj.weight', [32, 8]],
        ['decoder.mlp.c_proj.bias', [8]],
        ['vision.mlp.c_proj.weight', [8, 32]],
        ['vision.mlp.c_proj.bias', [8]],
        ['vision.attn.c_proj.weight', [8, 8]],
        ['vision.attn.c_proj.bias', [8]],
      ]),
    ).toEqual(['conv1d', 'conv1d', 'linear', 'linear', 'linear', 'linear']);
  });

  it('knows GPT-2 by its model type when a file has no biases', () => {
    expect(kindsOf([['h.0.attn.c_proj.weight', [8, 8]]], 'gpt2')).toEqual(['conv1d']);
    expect(kindsOf([['h.0.attn.c_proj.weight', [8, 8]]])).toEqual(['linear']);
  });
});

describe('deriveParameters, what older and quantized checkpoints hold', () => {
  it('sees the causal masks of old GPT-2 files as buffers, not as weights that a key failed to reach', () => {
    expect(
      kindsOf([
        ['h.0.attn.bias', [1, 1, 8, 8], 'F32'],
        ['h.0.attn.masked_bias', [], 'F32'],
        ['embeddings.position_ids', [1, 512], 'I64'],
        ['anything.table', [4, 4], 'I64'],
        ['layers.0.self_attn.rotary_emb.inv_freq', [64], 'F32'],
      ]),
    ).toEqual(['buffer', 'buffer', 'buffer', 'buffer', 'buffer']);
  });

  it('keeps the scales of a float8 checkpoint out of the reach of keys for linears', () => {
    expect(
      kindsOf([
        ['q_proj.weight', [128, 128], 'F8_E4M3'],
        ['q_proj.weight_scale_inv', [1, 1], 'F32'],
      ]),
    ).toEqual(['linear', 'other']);
  });

  it('does not take GPTQ, AWQ or flattened torchao tensors for weights', () => {
    expect(
      kindsOf([
        ['q_proj.qweight', [16, 128], 'I32'],
        ['q_proj.qzeros', [1, 16], 'I32'],
        ['q_proj.scales', [1, 128], 'F16'],
        ['q_proj.g_idx', [128], 'I32'],
        ['k_proj._weight_qdata', [128, 64], 'I8'],
        ['k_proj._weight_scale', [128, 4]],
      ]),
    ).toEqual(['other', 'other', 'other', 'other', 'other', 'other']);
  });

  it('tells the blocks and scales of gpt-oss in MXFP4 from its biases', () => {
    expect(
      kindsOf([
        ['model.layers.0.mlp.experts.gate_up_proj_blocks', [4, 64, 2, 16], 'U8'],
        ['model.layers.0.mlp.experts.gate_up_proj_scales', [4, 64, 2], 'U8'],
        ['model.layers.0.mlp.experts.gate_up_proj_bias', [4, 64]],
      ]),
    ).toEqual(['other', 'other', 'experts']);
  });

  it('reads the names of TensorFlow norms', () => {
    expect(
      kindsOf([
        ['bert.embeddings.LayerNorm.gamma', [8]],
        ['bert.embeddings.LayerNorm.beta', [8]],
      ]),
    ).toEqual(['norm', 'norm']);
  });

  it('reaches a gate of a gated MLP, which is as tall as a router is wide', () => {
    expect(
      kindsOf([
        ['layers.0.mlp.gate.weight', [64, 16]],
        ['layers.1.mlp.gate.weight', [4, 16]],
      ]),
    ).toEqual(['linear', 'other']);
  });

  it('passes over the output projection of torch MultiheadAttention as torchao does', () => {
    expect(
      kindsOf([
        ['head.attention.in_proj_weight', [24, 8]],
        ['head.attention.out_proj.weight', [8, 8]],
        ['layers.0.self_attn.out_proj.weight', [8, 8]],
      ]),
    ).toEqual(['other', 'other', 'linear']);
  });
});
