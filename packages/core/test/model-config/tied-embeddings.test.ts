import { describe, expect, it } from 'vitest';
import { decide, settleTiedEmbeddings, untie, type Recipe } from '../../src/index.ts';
import { fakeConfig, storedWeight } from '../plan/fakes.ts';

const pair = { input: 'embed.weight', output: 'head.weight' };
const embed = storedWeight('embed', [4, 4], 0);
const quantizing: Recipe = { entries: [{ key: 'embed', config: fakeConfig(1, null) }] };

describe('untie', () => {
  it('gives the output head the bytes of the embeddings, so that both can be written', () => {
    expect(untie([embed], pair)).toEqual([embed, { ...embed, name: 'head.weight' }]);
  });

  it('adds nothing where both are stored, or nothing is tied', () => {
    const both = [embed, storedWeight('head', [4, 4], 32)];
    expect(untie(both, pair)).toBe(both);
    expect(untie([embed], null)).toEqual([embed]);
  });
});

describe('settleTiedEmbeddings', () => {
  it('refuses to quantize one of a tied pair, since the result would not load, and says what to do', () => {
    const decisions = decide([embed], quantizing);
    expect(() => settleTiedEmbeddings(decisions, pair, false)).toThrow(
      /ties "embed.weight" to "head.weight".*--untie/s,
    );
  });

  it('lets a tied model pass whose embeddings stay as they are', () => {
    const decisions = decide([embed], { entries: [] });
    expect(settleTiedEmbeddings(decisions, pair, false)).toEqual({ tieWordEmbeddings: null, findings: [] });
  });

  it('says in the config that an untied model is not tied', () => {
    const outcome = settleTiedEmbeddings(decide([embed], quantizing), pair, true);
    expect(outcome.tieWordEmbeddings).toBe(false);
    expect(outcome.findings).toMatchObject([{ id: 'untied' }]);
  });
});
