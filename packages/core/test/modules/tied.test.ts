import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { embeddingNames, tiedEmbeddings, type JsonObject } from '../../src/index.ts';
import { FIXTURES } from './module-fixtures.ts';

// Their classes tie nothing, whatever the config says; with both tensors stored, only the class could tell.
const NEVER_TIED = new Set(['llama4', 'mllama', 'nemotron_h']);

const HEADS = FIXTURES.flatMap((fixture) => (fixture.head === null ? [] : [{ ...fixture, head: fixture.head }]));

describe('tiedEmbeddings, against transformers', () => {
  it('is compared with families that tie and families that do not', () => {
    expect(HEADS.filter(({ head }) => head.tied).length).toBeGreaterThan(30);
    expect(HEADS.filter(({ head }) => !head.tied).length).toBeGreaterThan(30);
  });

  test.each(HEADS.map((fixture) => [fixture.modelType, fixture] as const))(
    '%s, as its own config has it, with and without saying so',
    (_, { modelType, architecture, head, tensors, tieWordEmbeddings }) => {
      const names = tensors.map(({ name }) => name);
      const silent = { model_type: modelType, architectures: [architecture] };
      const expected = head.tied ? { input: head.input, output: head.output, stored: 'input' } : null;
      expect(tiedEmbeddings(silent, names)).toEqual(expected);
      if (tieWordEmbeddings === null) return;
      expect(tiedEmbeddings({ ...silent, tie_word_embeddings: tieWordEmbeddings }, names)).toEqual(expected);
      if (!tieWordEmbeddings) return;
      expect(tiedEmbeddings(silent, [...names, head.output])?.stored).toBe('both');
    },
  );

  const switched = HEADS.filter(
    ({ withOtherTie, modelType }) => withOtherTie !== undefined && !NEVER_TIED.has(modelType),
  );
  test.each(switched.map((fixture) => [fixture.modelType, fixture] as const))(
    '%s, with tie_word_embeddings the other way',
    (_, { modelType, head, tensors, tieWordEmbeddings, withOtherTie }) => {
      const others = tensors.map(({ name }) => name).filter((name) => name !== head.input && name !== head.output);
      const names = [...others, ...(withOtherTie?.stored ?? [])];
      const config = { model_type: modelType, tie_word_embeddings: tieWordEmbeddings !== true };
      const expected = withOtherTie?.tied === true ? { input: head.input, output: head.output, stored: 'input' } : null;
      expect(tiedEmbeddings(config, names)).toEqual(expected);
    },
  );
});

describe('tiedEmbeddings', () => {
  const llama = { input: 'model.embed_tokens.weight', output: 'lm_head.weight' };
  const layer = 'model.layers.0.mlp.up_proj.weight';

  it('says when a tied checkpoint holds both tensors, of which a loader keeps different ones apart', () => {
    const names = [llama.input, llama.output];
    expect(tiedEmbeddings({ model_type: 'llama', tie_word_embeddings: true }, names)).toEqual({
      ...llama,
      stored: 'both',
    });
    expect(tiedEmbeddings({ model_type: 'gemma' }, names)).toEqual({ ...llama, stored: 'both' });
    expect(tiedEmbeddings({ model_type: 'llama' }, names)).toBeNull();
  });

  it('finds the pair when only the head is stored', () => {
    const config = { model_type: 'qwen3', tie_word_embeddings: true };
    expect(tiedEmbeddings(config, [llama.output, layer])).toEqual({ ...llama, stored: 'output' });
    expect(tiedEmbeddings({ ...config, tie_word_embeddings: false }, [llama.output, layer])).toBeNull();
  });

  it('goes by what is stored when there is no config', () => {
    expect(tiedEmbeddings(null, [llama.input])).toEqual({ ...llama, stored: 'input' });
    expect(tiedEmbeddings(null, [llama.input, llama.output])).toBeNull();
  });

  it('invents no head for a classifier', () => {
    const config = {
      model_type: 'llama',
      architectures: ['LlamaForSequenceClassification'],
      tie_word_embeddings: true,
    };
    expect(tiedEmbeddings(config, [llama.input, 'score.weight'])).toBeNull();
    const bert = ['bert.embeddings.word_embeddings.weight', 'classifier.weight'];
    expect(tiedEmbeddings({ model_type: 'bert' }, bert)).toBeNull();
    expect(tiedEmbeddings({ model_type: 'llama' }, ['embed_tokens.weight', 'layers.0.mlp.up_proj.weight'])).toBeNull();
  });

  it('asks the text config of a composite model that follows it', () => {
    const tied = { model_type: 'llava', text_config: { model_type: 'llama', tie_word_embeddings: true } };
    const names = ['language_model.model.embed_tokens.weight', 'language_model.lm_head.weight'];
    expect(tiedEmbeddings(tied, names)?.stored).toBe('both');
    expect(tiedEmbeddings({ ...tied, text_config: { model_type: 'llama' } }, names)).toBeNull();
    expect(tiedEmbeddings({ ...tied, text_config: { model_type: 'gemma' } }, names)?.stored).toBe('both');
  });

  it('ties T5 even when its config says no, as transformers does, unless the head is stored', () => {
    const config = { model_type: 't5', tie_word_embeddings: false };
    expect(tiedEmbeddings(config, ['shared.weight'])?.output).toBe('lm_head.weight');
    expect(tiedEmbeddings(config, ['shared.weight', 'lm_head.weight'])).toBeNull();
  });

  it('takes hostile configs and names', () => {
    const value = fc.oneof(fc.constantFrom(null, true, 'x', 1), fc.constant([]), fc.constant({}));
    const member = fc.constantFrom('model_type', 'tie_word_embeddings', 'text_config', 'architectures', '__proto__');
    const config = fc.dictionary(member, value) as fc.Arbitrary<JsonObject>;
    const name = fc.oneof(
      fc.string(),
      fc.constantFrom(llama.input, llama.output, '__proto__', '.', '..', '.weight', 'a.weight'),
    );
    fc.assert(
      fc.property(config, fc.array(name), (someConfig, names) => {
        const pair = tiedEmbeddings(someConfig, names);
        if (pair === null) return;
        expect(names).toContain(pair.stored === 'output' ? pair.output : pair.input);
      }),
      { seed: 24, numRuns: 300 },
    );
  });
});

describe('embeddingNames', () => {
  const names = ['model.embed_tokens.weight', 'model.layers.0.mlp.up_proj.weight'];

  it('names a head whether it is tied, stored or neither', () => {
    const pair = { input: 'model.embed_tokens.weight', output: 'lm_head.weight' };
    expect(embeddingNames(null, [...names, 'lm_head.weight'])).toEqual(pair);
    expect(embeddingNames({ tie_word_embeddings: false }, names)).toEqual(pair);
  });

  it('names none for a model that classifies, or of unknown names', () => {
    expect(embeddingNames({ architectures: ['LlamaForSequenceClassification'] }, names)).toBeNull();
    expect(embeddingNames(null, ['a.weight'])).toBeNull();
  });
});
